"""Quizzes: questions as their authors write them, the paper that a student is given, and what answers are worth.

All of it is pure: a quiz, a seed and answers go in, and a paper, marks or what a page shows of them come out.
"""
