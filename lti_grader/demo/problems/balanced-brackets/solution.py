import sys

CLOSES = {")": "(", "]": "[", "}": "{"}


def balanced(text):
    waiting = []
    for sign in text:
        if sign not in CLOSES:
            waiting.append(sign)
        elif not waiting or waiting.pop() != CLOSES[sign]:
            return False
    return not waiting


lines = sys.stdin.read().split()
for text in lines[1:]:
    print("yes" if balanced(text) else "no")
