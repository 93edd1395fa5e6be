import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs one test with JUnit and reports it; with a file behind a question mark it lists its tests, which run for that. */
final class TestsDriver implements TestExecutionListener {
    private static final String CLASSES = "/program/classes/";

    private final Map<String, TestExecutionResult> done = new LinkedHashMap<>();
    private final Set<String> skipped = new LinkedHashSet<>();
    private Throwable around;

    public static void main(String[] none) throws Exception {
        String[] given = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\n");
        // What is read once is there no more, also for whoever opens it again.
        try (RandomAccessFile file = new RandomAccessFile("/proc/self/fd/0", "rw")) {
            file.setLength(0);
        }
        System.setIn(new ByteArrayInputStream(new byte[0]));
        System.setOut(System.err);
        String said = given[0].startsWith("?") ? listed(given[0].substring(1)) : reported(given[0]);
        System.err.flush();
        new FileOutputStream(FileDescriptor.out).write((given[1] + " " + said + "\n").getBytes(StandardCharsets.UTF_8));
        Runtime.getRuntime().halt(0);
    }

    private static String listed(String file) throws Exception {
        TestsDriver driver = new TestsDriver();
        driver.run(LauncherDiscoveryRequestBuilder.request().selectors(DiscoverySelectors.selectClass(named(file))).build());
        return driver.done.keySet().stream()
            .map(name -> "{\"name\": " + quoted(file + "::" + name) + "}")
            .collect(Collectors.joining(", ", "{\"tests\": [", "]}"));
    }

    private static String reported(String test) throws Exception {
        String file = test.substring(0, test.indexOf("::")), name = test.substring(test.indexOf("::") + 2);
        TestsDriver driver = new TestsDriver();
        Launcher launcher = LauncherFactory.create();
        LauncherDiscoveryRequest whole =
            LauncherDiscoveryRequestBuilder.request().selectors(DiscoverySelectors.selectClass(named(file))).build();
        var plan = launcher.discover(whole);
        // Of a test with several values the plan knows only what they are put into.
        String container = name.replaceFirst("(\\[\\d+\\])+$", "");
        List<TestIdentifier> found = plan.getRoots().stream()
            .flatMap(root -> plan.getDescendants(root).stream())
            .filter(one -> nameOf(one).equals(container))
            .collect(Collectors.toList());
        if (found.isEmpty()) return "{\"status\": \"lost\"}";
        String id = found.get(0).getUniqueId();
        for (String part : name.substring(container.length()).split("(?<=\\])")) {
            if (part.isEmpty()) continue;
            String kind = id.contains("[test-factory:") ? "dynamic-test" : "test-template-invocation";
            id += "/[" + kind + ":#" + part.substring(1, part.length() - 1) + "]";
        }
        driver.run(LauncherDiscoveryRequestBuilder.request().selectors(DiscoverySelectors.selectUniqueId(id)).build());
        TestExecutionResult result = driver.done.get(name);
        if (result == null && driver.around != null) return said("fail", words(driver.around));
        if (result == null) return "{\"status\": \"" + (driver.skipped.isEmpty() ? "lost" : "skipped") + "\"}";
        switch (result.getStatus()) {
            case SUCCESSFUL: return driver.around == null ? said("pass", "") : said("fail", words(driver.around));
            case ABORTED: return said("skipped", "");
            default: return said("fail", result.getThrowable().map(TestsDriver::words).orElse(""));
        }
    }

    private void run(LauncherDiscoveryRequest request) {
        LauncherFactory.create().execute(request, this);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (test.isTest()) done.put(nameOf(test), result);
        else if (around == null) around = result.getThrowable().orElse(null);
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        skipped.add(nameOf(test));
    }

    /** Returns the class that a file of tests holds, whatever its package. */
    private static Class<?> named(String file) throws Exception {
        String name = file.replaceFirst("\\.java$", "");
        List<String> found = within(new File(CLASSES), name, "").collect(Collectors.toList());
        // An answer with a class of that name in another package would be tested by its own tests.
        if (found.size() > 1) throw new IllegalStateException("There is more than one class " + name + ": " + String.join(", ", found));
        return Class.forName(found.isEmpty() ? name : found.get(0));
    }

    private static Stream<String> within(File folder, String name, String before) {
        Stream<String> here = new File(folder, name + ".class").isFile() ? Stream.of(before + name) : Stream.empty();
        File[] inside = folder.listFiles(File::isDirectory);
        return Stream.concat(here, Stream.of(inside == null ? new File[0] : inside).flatMap(one -> within(one, name, before + one.getName() + ".")));
    }

    /** Returns a test's name within its class: `adds`, `many(int)[2]`, `Inner::deep`. */
    private static String nameOf(TestIdentifier test) {
        StringBuilder name = new StringBuilder();
        for (UniqueId.Segment one : UniqueId.parse(test.getUniqueId()).getSegments()) {
            String value = one.getValue();
            switch (one.getType()) {
                case "engine": case "class": case "runner": break;
                case "test-template-invocation": case "dynamic-test": case "dynamic-container":
                    name.append('[').append(value.substring(1)).append(']');
                    break;
                default:
                    if (one.getType().equals("test")) value = value.replaceFirst("\\(.*\\)$", "");
                    name.append(name.length() == 0 ? "" : "::").append(value.replaceFirst("\\(\\)$", ""));
            }
        }
        return name.toString();
    }

    private static String said(String status, String message) {
        return "{\"status\": " + quoted(status) + ", \"message\": " + quoted(message) + "}";
    }

    /** Returns what a student reads of an error: what it says, and the lines of theirs and the test's that led to it. */
    private static String words(Throwable error) {
        boolean isAssertion = error instanceof AssertionError;
        String message = error.getMessage();
        Set<String> lines = new LinkedHashSet<>();
        lines.add(isAssertion && message != null ? message : message == null ? error.getClass().getName() : error.getClass().getName() + ": " + message);
        for (StackTraceElement one : error.getStackTrace()) {
            boolean isTheirs = new File(CLASSES + one.getClassName().replace('.', '/') + ".class").isFile();
            if (isTheirs && !one.getClassName().startsWith("TestsDriver"))
                lines.add(one.getFileName() + ":" + one.getLineNumber() + ": in " + one.getClassName() + "." + one.getMethodName());
        }
        String text = String.join("\n", lines);
        return text.length() > 1800 ? text.substring(0, 1800) : text;
    }

    private static String quoted(String text) {
        StringBuilder said = new StringBuilder("\"");
        for (char one : text.toCharArray()) {
            if (one == '"' || one == '\\') said.append('\\').append(one);
            else if (one < 0x20 || Character.isSurrogate(one)) said.append(String.format("\\u%04x", (int) one));
            else said.append(one);
        }
        return said.append('"').toString();
    }
}
