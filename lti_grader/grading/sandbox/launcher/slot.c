/*
 * A slot: a process that lives long, and starts each program in namespaces that live as long as the program.
 *
 * What costs most of a sandbox is built once: user, network, IPC and UTS namespaces, and a read-only root with the
 * toolchains. A run then costs a process, a process namespace and some small mounts.
 *
 *   slot CHANNEL FILTER SLOT_FOLDER [ro PATH | link TARGET PATH]... [exec PROGRAM ARGUMENT...]
 *
 * CHANNEL and FILTER are file descriptors: a SOCK_SEQPACKET socket, and a seccomp program. SLOT_FOLDER holds an empty
 * folder `root`, and built programs, which the runs see one at a time. Each request is a `struct request` with strings behind it
 * and five descriptors: standard input, output and error, one to read a byte from before anything is done ("go"), and
 * one that takes a `struct report`. The answers are the run's process number, and, once nothing of it is left, 0.
 *
 * With `exec` it becomes PROGRAM, an interpreter, which loads this same file as a library: its runs do not execute anything,
 * they go on in a copy of the interpreter as it stands (`slot_open`, `slot_next`; see warm.py).
 *
 * Whoever starts this has made the process an ordinary user of its own: nothing here has a privilege on the machine.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define INSIDE_ID 1000
#define MOST_REQUEST (256 * 1024)
#define MOST_STRINGS 512
#define DESCRIPTORS 5

struct request {
    uint64_t file_bytes, work_bytes, work_inodes, data_bytes; /* data_bytes 0: no limit here */
    uint32_t cpu_seconds, open_files, processes;
    uint32_t is_writable; /* whether there is a /box and a /tmp */
    uint32_t binds, arguments, variables; /* pairs of name and place; then argv; then the environment */
};

struct report {
    int32_t status;       /* as wait() gives it; -1: the program was not started */
    int32_t error;        /* errno of what failed then */
    int64_t cpu_us;       /* of everything that was waited for */
    int64_t peak_kb;      /* resident, of the largest of them */
    char what[64];        /* what failed */
};

struct run {
    const struct request *asked;
    char *strings[MOST_STRINGS + 2];
    char **binds, **argv, **env;
    int in, out, err, go, told;
};

static struct sock_fprog filter;
static int channel;
static char interpreter[16]; /* its name, as lists of processes show it; empty where programs are executed */

static void die(const char *what) {
    dprintf(2, "%s: %s\n", what, strerror(errno));
    _exit(1);
}

static void must(long result, const char *what) {
    if (result < 0) die(what);
}

static void write_file(const char *path, const char *format, ...) {
    char text[64];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, length) != length) die(path);
    close(fd);
}

static int set_attributes(const char *path, uint64_t attributes, unsigned flags) {
    struct mount_attr attr = {.attr_set = attributes};
    return syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attr, sizeof attr);
}

/* Once ------------------------------------------------------------------------------------------------------------ */

static void read_filter(int fd) {
    static struct sock_filter program[4096];
    ssize_t size = pread(fd, program, sizeof program, 0);
    if (size <= 0 || size % (ssize_t)sizeof *program) die("seccomp program");
    filter.len = size / sizeof *program;
    filter.filter = program;
    close(fd);
}

static void leave_the_machine(void) {
    uid_t uid = getuid();
    gid_t gid = getgid();
    must(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS), "unshare");
    unshare(CLONE_NEWCGROUP); /* hides a path only, and old kernels have none */
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "%d %d 1", INSIDE_ID, uid);
    write_file("/proc/self/gid_map", "%d %d 1", INSIDE_ID, gid);
    must(sethostname("box", 3), "sethostname");
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "making mounts private");
}

static void make_folder(const char *path) {
    char part[512];
    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1;; at++) {
        char kept = *at;
        if (kept != '/' && kept != '\0') continue;
        *at = '\0';
        if (mkdir(part, 0755) < 0 && errno != EEXIST) die(part);
        *at = kept;
        if (kept == '\0') return;
    }
}

static void show(const char *path, uint64_t attributes) {
    char place[512];
    struct stat info;
    if (stat(path, &info) < 0) return;
    snprintf(place, sizeof place, ".%s", path);
    if (S_ISDIR(info.st_mode)) {
        make_folder(place);
    } else {
        char *name = strrchr(place, '/');
        *name = '\0';
        make_folder(place);
        *name = '/';
        int fd = open(place, O_CREAT | O_CLOEXEC | O_RDONLY, 0644);
        must(fd, place);
        close(fd);
    }
    must(mount(path, place, NULL, MS_BIND | MS_REC, NULL), path);
    must(set_attributes(place, attributes | MOUNT_ATTR_NOSUID, AT_RECURSIVE), path);
}

static void link_to(const char *target, const char *path) {
    char place[512];
    snprintf(place, sizeof place, ".%s", path);
    must(symlink(target, place), path);
}

static void make_root(const char *folder, int count, char **shown) {
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
    static const char *const places[] = {"./proc", "./dev/shm", "./box", "./tmp", "./program", "./source", "./data", "./slot"};
    must(chdir(folder), folder);
    must(mount("tmpfs", "root", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m"), "tmpfs for the root");
    must(chdir("root"), "root");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) make_folder(places[i]);
    for (int i = 0; i < count; i++) {
        if (!strcmp(shown[i], "link")) {
            link_to(shown[i + 1], shown[i + 2]);
            i += 2;
        } else {
            show(shown[++i], MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
        }
    }
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) show(devices[i], 0);
    /* Where autograders of Gradescope's form expect their folders; it leads nowhere for all others. */
    link_to("/box/autograder", "/autograder");
    link_to("/proc/self/fd", "/dev/fd");
    link_to("/proc/self/fd/0", "/dev/stdin");
    link_to("/proc/self/fd/1", "/dev/stdout");
    link_to("/proc/self/fd/2", "/dev/stderr");
    /* A new /proc may only be mounted where a whole one is seen; each run covers it with its own. */
    must(mount("/proc", "./proc", NULL, MS_BIND | MS_REC, NULL), "/proc");
    must(mount(folder, "./slot", NULL, MS_BIND, NULL), folder);
    must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    must(umount2(".", MNT_DETACH), "leaving the machine's root");
    must(chdir("/"), "/");
    must(set_attributes("/", MOUNT_ATTR_RDONLY, 0), "making the root read-only");
}

/* Each run -------------------------------------------------------------------------------------------------------- */

static void fail(const struct run *run, const char *what) {
    struct report report = {.status = -1, .error = errno};
    snprintf(report.what, sizeof report.what, "%s", what);
    if (write(run->told, &report, sizeof report) < 0) _exit(2);
    _exit(1);
}

static void need(const struct run *run, long result, const char *what) {
    if (result < 0) fail(run, what);
}

static void make_space(const struct run *run, const char *place, const char *mode, uint64_t bytes) {
    char options[128];
    snprintf(options, sizeof options, "mode=%s,size=%llu,nr_inodes=%llu", mode, (unsigned long long)bytes,
             (unsigned long long)run->asked->work_inodes);
    need(run, mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, options), place);
}

static void make_world(const struct run *run) {
    const struct request *asked = run->asked;
    need(run, mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "/proc");
    make_space(run, "/dev/shm", "1777", 16 << 20);
    if (asked->is_writable) {
        make_space(run, "/box", "0700", asked->work_bytes);
        make_space(run, "/tmp", "1777", asked->work_bytes);
    }
    for (uint32_t i = 0; i < asked->binds; i++) {
        char from[256];
        const char *name = run->binds[2 * i], *place = run->binds[2 * i + 1];
        snprintf(from, sizeof from, "/slot/%s", name);
        need(run, mount(from, place, NULL, MS_BIND, NULL), place);
        need(run, set_attributes(place, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0), place);
    }
    need(run, umount2("/slot", MNT_DETACH), "/slot");
}

static void limit(const struct run *run, int what, uint64_t soft, uint64_t hard) {
    struct rlimit both = {.rlim_cur = soft, .rlim_max = hard};
    need(run, setrlimit(what, &both), "setrlimit");
}

static void drop_everything(const struct run *run) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    for (int one = 0; one < 64; one++)
        if (prctl(PR_CAPBSET_DROP, one, 0, 0, 0) < 0 && errno != EINVAL) fail(run, "capability bounding set");
    need(run, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient capabilities");
    need(run, syscall(SYS_capset, &header, none), "capset");
    need(run, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    need(run, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter), "seccomp");
}

static int close_descriptors(void) {
    return close_range(3, ~0U, 0);
}

/* Leaves an interpreter's program none of what the interpreter has open; an interpreter may have its own way. */
int (*slot_close_descriptors)(void) = close_descriptors;

static void become_program(const struct run *run) {
    const struct request *asked = run->asked;
    need(run, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "PR_SET_DUMPABLE");
    /* Of all in the control group the program's own processes go first when its memory is used up. */
    write_file("/proc/self/oom_score_adj", "1000");
    need(run, setsid(), "setsid");
    if (dup2(run->in, 0) < 0 || dup2(run->out, 1) < 0 || dup2(run->err, 2) < 0) fail(run, "dup2");
    limit(run, RLIMIT_CORE, 0, 0);
    limit(run, RLIMIT_NOFILE, asked->open_files, asked->open_files);
    limit(run, RLIMIT_FSIZE, asked->file_bytes, asked->file_bytes);
    limit(run, RLIMIT_CPU, asked->cpu_seconds, asked->cpu_seconds + 1);
    limit(run, RLIMIT_STACK, RLIM_INFINITY, RLIM_INFINITY);
    if (asked->data_bytes) limit(run, RLIMIT_DATA, asked->data_bytes, asked->data_bytes);
    need(run, chdir(asked->is_writable ? "/box" : "/"), "chdir");
    limit(run, RLIMIT_NPROC, asked->processes, asked->processes);
    drop_everything(run);
    if (*interpreter) {
        need(run, prctl(PR_SET_NAME, interpreter, 0, 0, 0), "PR_SET_NAME");
        need(run, slot_close_descriptors(), "descriptors");
        return;
    }
    signal(SIGPIPE, SIG_DFL);
    execve(run->argv[0], run->argv, run->env);
    fail(run, run->argv[0]);
}

/* The first process of a run: what it starts can neither stop nor read it, and ends with it. Returns in an interpreter's program. */
static void be_first(const struct run *run) {
    char go;
    struct report report = {0};
    struct rusage used;
    int status;
    must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG");
    if (read(run->go, &go, 1) != 1) _exit(3);
    close(channel);
    make_world(run);
    need(run, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE");
    pid_t program = fork();
    need(run, program, "fork");
    if (program == 0) {
        become_program(run);
        return;
    }
    close(run->in), close(run->out), close(run->err), close(run->go);
    drop_everything(run);
    for (;;) {
        pid_t ended = wait(&status);
        if (ended == program) break;
        if (ended < 0 && errno != EINTR) fail(run, "wait");
    }
    getrusage(RUSAGE_CHILDREN, &used);
    report.status = status;
    report.cpu_us = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    report.peak_kb = used.ru_maxrss;
    if (write(run->told, &report, sizeof report) < 0) _exit(2);
    _exit(0);
}

static int read_request(struct run *run, char *buffer, int *fds) {
    union { struct cmsghdr header; char room[CMSG_SPACE(DESCRIPTORS * sizeof(int))]; } control;
    struct iovec part = {.iov_base = buffer, .iov_len = MOST_REQUEST};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t size = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    if (size == 0) return 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (size < (ssize_t)sizeof(struct request) || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || header == NULL
        || header->cmsg_len != CMSG_LEN(DESCRIPTORS * sizeof(int)) || buffer[size - 1] != '\0') {
        errno = EBADMSG;
        die("request");
    }
    memcpy(fds, CMSG_DATA(header), DESCRIPTORS * sizeof(int));
    run->asked = (const struct request *)buffer;
    const struct request *asked = run->asked;
    uint32_t wanted = 2 * asked->binds + asked->arguments + asked->variables, found = 0;
    char **next = run->strings;
    run->binds = next;
    if (wanted > MOST_STRINGS || asked->binds > 8 || asked->arguments == 0) { errno = E2BIG; die("request"); }
    for (char *at = buffer + sizeof *asked; at < buffer + size && found < wanted; at += strlen(at) + 1, found++) {
        if (found == 2 * asked->binds) run->argv = next;
        if (found == 2 * asked->binds + asked->arguments) *next++ = NULL, run->env = next;
        *next++ = at;
    }
    *next = NULL;
    if (asked->variables == 0) run->env = next;
    if (found != wanted) { errno = EBADMSG; die("request"); }
    run->in = fds[0], run->out = fds[1], run->err = fds[2], run->go = fds[3], run->told = fds[4];
    return 1;
}

/* Returns 0 once nothing more will be asked, and 1 in the process that is to be an interpreter's program. */
static int serve(struct run *run) {
    static char buffer[MOST_REQUEST] __attribute__((aligned(8)));
    int fds[DESCRIPTORS];
    for (;;) {
        if (!read_request(run, buffer, fds)) return 0;
        struct clone_args how = {.flags = CLONE_NEWPID | CLONE_NEWNS, .exit_signal = SIGCHLD};
        int32_t pid = syscall(SYS_clone3, &how, sizeof how);
        if (pid == 0) {
            be_first(run);
            return 1;
        }
        for (int i = 0; i < DESCRIPTORS; i++) close(fds[i]);
        if (pid < 0) pid = -errno;
        must(send(channel, &pid, sizeof pid, MSG_NOSIGNAL), "answer");
        if (pid < 0) continue;
        /* Returns when every process of the namespace is gone. */
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
        int32_t done = 0;
        must(send(channel, &done, sizeof done, MSG_NOSIGNAL), "answer");
    }
}

/* Of an interpreter ------------------------------------------------------------------------------------------------ */

/* Become a program that keeps what it takes to make worlds for its runs. */
static void become_interpreter(char **argv) {
    static const int kept[] = {CAP_SYS_ADMIN, CAP_SETPCAP};
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    struct rlimit endless = {RLIM_INFINITY, RLIM_INFINITY};
    must(syscall(SYS_capget, &header, data), "capget");
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) data[0].inheritable |= 1u << kept[i];
    must(syscall(SYS_capset, &header, data), "capset");
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0), "PR_CAP_AMBIENT_RAISE");
    /* How far its runs' stacks can grow is settled here, when memory is laid out. */
    must(setrlimit(RLIMIT_STACK, &endless), "RLIMIT_STACK");
    execve(argv[0], argv, environ);
    die(argv[0]);
}

/* Take over the socket and the seccomp program that the launcher was given, and tell that this interpreter is ready. */
void slot_open(int given_channel, int given_filter) {
    int32_t ready = 0;
    channel = given_channel;
    must(prctl(PR_GET_NAME, interpreter, 0, 0, 0), "PR_GET_NAME");
    must(prctl(PR_SET_NAME, "slot", 0, 0, 0), "PR_SET_NAME");
    must(fcntl(channel, F_SETFD, FD_CLOEXEC), "channel");
    read_filter(given_filter);
    must(send(channel, &ready, sizeof ready, MSG_NOSIGNAL), "answer");
}

/* Serve, and return NULL at the end; in the process of each run return its arguments. */
char **slot_next(void) {
    static struct run run;
    return serve(&run) ? run.argv : NULL;
}

int main(int count, char **given) {
    static struct run run;
    int shown = 4;
    if (count < 4) return 64;
    while (shown < count && strcmp(given[shown], "exec")) shown += strcmp(given[shown], "link") ? 2 : 3;
    channel = atoi(given[1]);
    must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG");
    leave_the_machine();
    make_root(given[3], (shown < count ? shown : count) - 4, given + 4);
    if (shown < count) become_interpreter(given + shown + 1);
    must(fcntl(channel, F_SETFD, FD_CLOEXEC), "channel");
    read_filter(atoi(given[2]));
    int32_t ready = 0;
    must(send(channel, &ready, sizeof ready, MSG_NOSIGNAL), "answer");
    serve(&run);
    return 0;
}
