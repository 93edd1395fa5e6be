import sys
import threading

mode, *numbers = input().split()


if mode == "sum":
    print(sum(map(int, numbers)))
elif mode == "crash":
    raise LookupError("gone")
elif mode == "loop":
    while True:
        pass
elif mode == "hog":
    print(len(bytearray(1 << 30)))
elif mode == "flood":
    while True:
        sys.stdout.write("x" * 65536)
elif mode == "both":
    threads = [threading.Thread(target=print, args=("4", "2"), kwargs={"sep": "", "end": ""}) for _ in range(1)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
