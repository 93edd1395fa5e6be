extern scanf, printf, puts, abort, malloc, memset, fork, waitpid
global main

section .rodata
words: db "%15s %d %d", 0
number: db "%d", 10, 0
plain: db "%d", 0
flood: times 200 db "x"
       db 0

section .bss
mode: resb 16
a: resd 1
b: resd 1

section .text
main:
    push rbp
    lea rdi, [words]
    lea rsi, [mode]
    lea rdx, [a]
    lea rcx, [b]
    xor eax, eax
    call scanf
    cmp word [mode], "su"
    je .sum
    cmp word [mode], "cr"
    je .crash
    cmp word [mode], "lo"
    je .loop
    cmp word [mode], "ho"
    je .hog
    cmp word [mode], "fl"
    je .flood
    cmp word [mode], "bo"
    je .both
    jmp .end
.sum:
    mov esi, [a]
    add esi, [b]
    lea rdi, [number]
    xor eax, eax
    call printf
    jmp .end
.crash:
    call abort
.loop:
    jmp .loop
.hog:
    mov edi, 1048576
    call malloc
    mov rdi, rax
    mov esi, 1
    mov edx, 1048576
    call memset
    jmp .hog
.flood:
    lea rdi, [flood]
    call puts
    jmp .flood
.both:
    call fork
    test eax, eax
    jz .child
    mov edi, -1
    xor esi, esi
    xor edx, edx
    call waitpid
    mov esi, 2
    lea rdi, [number]
    xor eax, eax
    call printf
    jmp .end
.child:
    mov esi, 4
    lea rdi, [plain]
    xor eax, eax
    call printf
.end:
    xor eax, eax
    pop rbp
    ret
