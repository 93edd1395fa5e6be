"""A copy of a Node that runs already does what one that was started for the program does."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.sandbox import Ending, Limits, Sandbox, open_sandbox
from tests.sandbox.conftest import others_children, processes_below_us
from tests.sandbox.kept import cold, once

LIMITS = Limits(cpu_ms=5000, memory_kb=131072)
PROGRAMS = {
    "arguments": "console.log(process.argv, process.execArgv, process.argv0, process.execPath, __filename, require.main === module, module.id)",
    "globals": "console.log(Object.getOwnPropertyNames(globalThis).sort().join(), Object.keys(require.cache))",
    "environment": "console.log(Object.keys(process.env).sort().join(), process.cwd(), process.env.HOME)",
    "input at once": "console.log(require('fs').readFileSync(0, 'latin1').length, require('fs').readFileSync('/dev/stdin').length)",
    "input by lines": "const lines = require('readline').createInterface({ input: process.stdin });\nlines.on('line', (line) => console.log(line.length)).on('close', () => console.log('end'));",
    "input as it comes": "process.stdin.on('data', (part) => console.log(part)).on('end', () => console.log('end'));",
    "lines awaited": "(async () => { for await (const line of require('readline').createInterface({ input: process.stdin })) console.log([line]); })();",
    "streams": "console.log(process.stdin.constructor.name, process.stdout.constructor.name, process.stdout.isTTY, process.stdout.fd, process.stderr.writable);",
    "much output": "for (let n = 0; n < 50000; n++) console.log(n, 'x'.repeat(20)); console.error('done');",
    "exit": "process.on('exit', (code) => console.log('at exit', code)); process.stdout.write('lost or not'); process.exit(300);",
    "exit code": "process.exitCode = 3; process.on('beforeExit', () => console.log('nothing left'));",
    "thrown": "function divide(n) { throw new RangeError(`no ${n}`); }\ndivide(1);",
    "thrown later": "setTimeout(() => { null.length; }, 5);",
    "rejected": "Promise.reject(new Error('nobody listens'));",
    "caught": "process.on('uncaughtException', (error) => console.log(error.message)); setImmediate(() => { throw new Error('late'); });",
    "order": "setTimeout(() => console.log(5)); setImmediate(() => console.log(6)); process.nextTick(() => console.log(3)); Promise.resolve().then(() => console.log(4)); console.log(2);",
    "recursion": "let depth = 0; (function down() { depth++; down(); });\nfunction deep(n) { return n && 1 + deep(n - 1); }\nconsole.log(deep(100000)); function endless() { endless(); }\ntry { endless(); } catch (error) { console.log(error.message); }",
    "files": "const fs = require('fs'); fs.writeFileSync('/box/a', 'kept'); fs.promises.readFile('/box/a', 'utf8').then(console.log); fs.readFile('/no', (error) => console.log(error.code));",
    "thread": "const { Worker, isMainThread, parentPort, threadId } = require('worker_threads');\nif (isMainThread) { const one = new Worker(__filename); one.on('message', (said) => { console.log(said); }).on('exit', (code) => console.log('ended', code)); } else { parentPort.postMessage([6 * 7, threadId]); }",
    "thread at the end": "const { Worker } = require('worker_threads'); new Worker('setInterval(() => {}, 10)', { eval: true }).unref(); console.log('end');",
    "child": "const { execFileSync, fork } = require('child_process'); console.log(execFileSync(process.execPath, ['-p', '6 * 7']).toString());\nif (process.send) process.send('hello'); else fork(__filename, { silent: true }).on('message', (said) => console.log(said));",
    "signal": "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 1000);",
    "signal caught": "process.on('SIGUSR2', () => { console.log('caught'); process.exit(0); }); process.kill(process.pid, 'SIGUSR2'); setTimeout(() => {}, 1000);",
    "abort": "process.abort();",
    "crypto": "require('crypto').pbkdf2('a', 'b', 10, 16, 'sha256', (error, key) => console.log(key.toString('hex'))); crypto.subtle.digest('SHA-1', new Uint8Array(3)).then((found) => console.log(found.byteLength));",
    "wasm": "WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then((made) => console.log(String(made)));",
    "module": "import fs from 'node:fs';\nimport { Worker } from 'worker_threads';\nconsole.log(fs.readFileSync(0).length, typeof Worker, import.meta.url, await Promise.resolve(7));",
    "pid": "console.log(process.pid < 4, process.ppid, require('fs').readFileSync('/proc/self/comm', 'utf8'), process.title);",
    "clock": "console.log(performance.now() < 900, process.uptime() < 0.9, Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 500, process.hrtime.bigint() > 0n);",
    "missing": "require('./beside');",
    "nothing of it": "const fs = require('fs'); console.log(fs.existsSync('/slot/warm.js'), fs.readdirSync('/slot'), process._preload_modules, module.children, module.parent);",
    "memory": "console.log(Buffer.alloc(20000000).length, new Array(1000000).fill(0).length);",
    "garbage": "let kept = []; for (let n = 0; n < 400000; n++) { kept.push({ n, text: 'a'.repeat(n % 50) }); if (n % 50000 === 0) kept = kept.slice(-1000); } console.log(kept.length);",
    "hot loop": "let total = 0; for (let n = 0; n < 30000000; n++) total = (total * 31 + n) % 1000003; console.log(total);",
}  # fmt: skip
SYNTAX = {"unclosed": "const a = [1,\nlet b", "words": "let let = 1;"}


@pytest.fixture(scope="module")
def slot() -> Iterator[Sandbox]:
    opened = open_sandbox("slot")
    yield opened
    opened.close()


@pytest.fixture
def javascript(language: Callable[[str], Language]) -> Language:
    return language("javascript")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_cannot_tell_the_difference(slot: Sandbox, javascript: Language, name: str) -> None:
    told = []
    for one in (javascript, cold(javascript)):
        program = slot.build(one, PROGRAMS[name].encode())
        assert program.ok, program.compiler_output
        outcome = once(slot, program, b"12\nzwei\n", LIMITS)
        told.append((outcome.ending, outcome.exit_code, outcome.signal, outcome.stdout, outcome.stderr))
        slot.discard(program)
    assert told[0] == told[1]


@pytest.mark.parametrize("name", SYNTAX)
def test_a_syntax_error_is_told_in_the_same_words(slot: Sandbox, javascript: Language, name: str) -> None:
    warm, anew = (slot.build(one, SYNTAX[name].encode()) for one in (javascript, cold(javascript)))
    assert (warm.ok, warm.trouble) == (anew.ok, anew.trouble) == (False, "")
    assert warm.compiler_output == anew.compiler_output


def test_random_numbers_differ_from_run_to_run(slot: Sandbox, javascript: Language) -> None:
    program = slot.build(
        javascript, b"console.log(Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint32Array(2))[0])"
    )
    said = [slot.run(program, b"", limits=LIMITS).stdout.split() for _ in range(5)]
    assert all(len(set(column)) == 5 for column in zip(*said, strict=True))


def test_one_run_leaves_nothing_in_node_for_the_next(slot: Sandbox, javascript: Language) -> None:
    leave = b"globalThis.left = Math.left = process.env.LEFT = require('fs').left = 1; Array.prototype.left = 1;"
    look = b"console.log(globalThis.left, Math.left, process.env.LEFT, require('fs').left, [].left);"
    for source, said in ((leave, b""), (look, b"undefined " * 4 + b"undefined\n")):
        assert slot.run(slot.build(javascript, source), b"", limits=LIMITS).stdout == said


def test_nothing_of_the_launcher_is_within_reach(slot: Sandbox, javascript: Language) -> None:
    source = b"""
const fs = require("fs");
const open = fs.readdirSync("/proc/self/fd").flatMap((name) => { try { return fs.readlinkSync(`/proc/self/fd/${name}`); } catch { return []; } });
console.log(open.filter((place) => /socket|seccomp|slot/.test(place)));
console.log(fs.readFileSync("/proc/self/maps", "utf8").split("\\n").filter((line) => /memfd|socket/.test(line)));
const status = fs.readFileSync("/proc/self/status", "utf8");
console.log(status.match(/CapEff:\\s*(\\w+)/)[1], status.match(/CapAmb:\\s*(\\w+)/)[1], status.match(/NoNewPrivs:\\s*(\\d)/)[1], status.match(/Seccomp:\\s*(\\d)/)[1]);
for (const place of ["/proc/1/mem", "/proc/1/environ", "/slot/warm.js"]) { try { fs.openSync(place); console.log("open"); } catch (error) { console.log(error.code); } }
"""
    outcome = slot.run(slot.build(javascript, source), b"", limits=LIMITS)
    nothing = "0" * 16
    assert outcome.stdout.decode().splitlines() == [
        "[]",
        "[]",
        f"{nothing} {nothing} 1 2",
        "EACCES",
        "EACCES",
        "ENOENT",
    ], outcome.stderr


def test_a_program_has_the_memory_of_its_limit_and_no_more(slot: Sandbox, javascript: Language) -> None:
    for megabytes, ending in ((60, Ending.EXITED), (2000, Ending.MEMORY)):
        source = f"const kept = []; for (let n = 0; n < {megabytes}; n++) kept.push(new Array(131072).fill(n));"
        outcome = slot.run(slot.build(javascript, source.encode()), b"", limits=LIMITS)
        assert outcome.ending is ending


def test_of_many_limits_only_the_latest_keep_a_node(javascript: Language) -> None:
    others = others_children()
    before = set(processes_below_us(others))
    with contextlib.closing(open_sandbox("slot")) as opened:
        program = opened.build(javascript, b"console.log(process.execArgv[0])")
        for megabytes in range(64, 72):
            outcome = opened.run(program, b"", limits=Limits(cpu_ms=5000, memory_kb=1024 * megabytes))
            assert outcome.stdout == f"--max-old-space-size={megabytes}\n".encode()
        # One that executes programs, and four.
        assert len(set(processes_below_us(others)) - before) == 5
