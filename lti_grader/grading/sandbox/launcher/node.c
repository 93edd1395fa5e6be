/*
 * What a started Node needs to be copied (see warm.js, slot.c): a module for Node, and loaded ahead of its libraries as well.
 *
 * A copy has one thread, the one that asked for it. Node expects three things of a process that a fork does not keep:
 * memory that V8 has marked as not for copies, descriptors of its event loop, and threads that it ends when it ends itself.
 *
 * Node's interface for modules and that of libuv are declared here, as far as they are used: both are stable by promise, and
 * their headers are rarely on a machine that has Node.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE /* which knows no way from one stack to another */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define MOST_THREADS 16
#define MOST_DESCRIPTORS 128
#define STACK_BYTES (8UL << 20)

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef struct uv_loop_s uv_loop_t;
int napi_create_function(napi_env, const char *, size_t, napi_value (*)(napi_env, napi_callback_info), void *, napi_value *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
int napi_get_value_int32(napi_env, napi_value, int32_t *);
int napi_create_int32(napi_env, int32_t, napi_value *);
int napi_create_array(napi_env, napi_value *);
int napi_create_string_utf8(napi_env, const char *, size_t, napi_value *);
int napi_set_element(napi_env, napi_value, uint32_t, napi_value);
int napi_get_uv_event_loop(napi_env, uv_loop_t **);
int uv_loop_fork(uv_loop_t *);

extern int (*slot_close_descriptors)(void);
void slot_open(int channel, int filter);
char **slot_next(void);

struct thread {
    pthread_t was, is; /* its numbers, and where it goes on in a copy */
    void *(*start)(void *);
    void *with;
    pthread_cond_t *condition; /* of its latest sleep */
    pthread_mutex_t *mutex;
    volatile int is_asleep;
    jmp_buf asleep, end;
};

static int is_copy;
static struct thread threads[MOST_THREADS];
static size_t count_of_threads;
static __thread struct thread *this_thread;
static int (*real_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
static int (*real_join)(pthread_t, void **);
static int (*real_wait)(pthread_cond_t *, pthread_mutex_t *);

static void must(int is_well, const char *what) {
    if (is_well) return;
    dprintf(2, "%s: %s\n", what, strerror(errno));
    _exit(1);
}

/* In place of the C library's: threads -----------------------------------------------------------------------------

   Node starts three: one that waits for work of V8's, one for work that is due later, and one for debuggers. Copies need the first,
   which is asleep in pthread_cond_wait() when they are made: a new thread goes on there, on the old one's stack, as if it had been woken
   for no reason. The other two are never asked for anything, and copies only have to end without them. */

static void *run_thread(void *given) {
    struct thread *own = given;
    this_thread = own;
    void *result = own->start(own->with);
    if (is_copy) _longjmp(own->end, 1);
    return result;
}

static void *go_on(void *given) {
    struct thread *own = given;
    if (_setjmp(own->end) == 0) _longjmp(own->asleep, 1);
    return NULL;
}

/* A thread's number is the address of its memory: with memory of its own, none of a copy ever has the number of one left behind. */
int pthread_create(pthread_t *thread, const pthread_attr_t *asked, void *(*start)(void *), void *with) {
    pthread_attr_t attributes;
    if (is_copy) return real_create(thread, asked, start, with);
    struct thread *own = &threads[count_of_threads];
    void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED || count_of_threads == MOST_THREADS) return EAGAIN;
    own->start = start, own->with = with;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, STACK_BYTES);
    int failed = real_create(thread, &attributes, run_thread, own);
    pthread_attr_destroy(&attributes);
    if (failed) return failed;
    own->was = *thread;
    count_of_threads++;
    return 0;
}

int pthread_join(pthread_t thread, void **result) {
    for (size_t i = 0; is_copy && i < count_of_threads; i++)
        if (pthread_equal(threads[i].was, thread)) return threads[i].is_asleep ? real_join(threads[i].is, result) : 0;
    return real_join(thread, result);
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
    struct thread *own = this_thread;
    if (is_copy || own == NULL) return real_wait(condition, mutex);
    own->condition = condition, own->mutex = mutex;
    if (_setjmp(own->asleep)) return pthread_mutex_lock(mutex);
    own->is_asleep = 1;
    int failed = real_wait(condition, mutex);
    own->is_asleep = 0;
    return failed;
}

/* Return once the thread that works for V8 has nothing to do. */
static void wait_for_threads(void) {
    static const struct timespec moment = {.tv_nsec = 1000000};
    for (int turn = 0; turn < 1000; turn++) {
        for (size_t i = 0; i < count_of_threads; i++)
            if (threads[i].is_asleep) return;
        nanosleep(&moment, NULL);
    }
    errno = ETIMEDOUT;
    must(0, "Node's threads");
}

/* Nobody waits any more, and nobody holds the lock: what waited is not here. */
static void go_on_with_threads(void) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    for (size_t i = 0; i < count_of_threads; i++) {
        struct thread *own = &threads[i];
        if (!own->is_asleep) continue;
        pthread_cond_init(own->condition, &attributes);
        pthread_mutex_init(own->mutex, NULL);
        errno = real_create(&own->is, NULL, go_on, own);
        must(errno == 0, "a thread");
    }
}

__attribute__((constructor)) static void find_the_real_ones(void) {
    real_create = dlsym(RTLD_NEXT, "pthread_create");
    real_join = dlsym(RTLD_NEXT, "pthread_join");
    real_wait = dlsym(RTLD_NEXT, "pthread_cond_wait");
}

__attribute__((constructor)) static void tell_nobody(void) {
    unsetenv("LD_PRELOAD");
}

/* For warm.js ----------------------------------------------------------------------------------------------------- */

static void have_memory_copied(void) {
    unsigned long from, to;
    char *line = NULL;
    size_t room = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    must(maps != NULL, "/proc/self/maps");
    while (getline(&line, &room, maps) > 0)
        if (sscanf(line, "%lx-%lx", &from, &to) == 2) madvise((void *)from, to - from, MADV_DOFORK);
    free(line);
    fclose(maps);
}

/* A descriptor of Node's own, as a copy finds it. */
struct held {
    int number, flags, bytes; /* `bytes` are in it, to be read */
    char name[32];
};

static size_t look_at_descriptors(struct held *found) {
    size_t count = 0;
    struct dirent *entry;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) return 0;
    while (count < MOST_DESCRIPTORS && (entry = readdir(folder)) != NULL) {
        struct held *one = &found[count];
        one->number = atoi(entry->d_name);
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, one->name, sizeof one->name - 1);
        if (length < 0 || one->number <= 2 || one->number == dirfd(folder)) continue;
        one->name[length] = '\0';
        one->flags = fcntl(one->number, F_GETFL);
        if (ioctl(one->number, FIONREAD, &one->bytes) < 0) one->bytes = 0;
        count++;
    }
    closedir(folder);
    return count;
}

static int put(int made, int number) {
    if (made < 0 || made == number) return made;
    int there = dup3(made, number, O_CLOEXEC);
    close(made);
    return there;
}

/* The lock that libuv has around its signals is a byte in a pipe: what was in one is in the new one as well. */
static int put_pipe(const struct held *reads, const struct held *writes, int beyond) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | (reads->flags & O_NONBLOCK)) < 0) return -1;
    for (int n = 0; n < reads->bytes; n++)
        if (write(ends[1], "*", 1) != 1) return -1;
    if (put(ends[0], beyond) < 0 || put(ends[1], beyond + 1) < 0) return -1;
    return put(beyond, reads->number) < 0 ? -1 : put(beyond + 1, writes->number);
}

/* Close all descriptors but the program's three, and have something new of the same kind behind the numbers of Node's own: its
   event loops wait for them, write to them and close them to their end, so that none may be a file of the program, and none be
   shared with another copy. Called in each copy, before anything of its program is read. */
static int renew_descriptors(void) {
    struct held found[MOST_DESCRIPTORS];
    size_t count = look_at_descriptors(found);
    int beyond = 3, made = 0;
    if (count == 0 || close_range(3, ~0U, 0) < 0) return -1;
    for (size_t i = 0; i < count; i++)
        if (found[i].number >= beyond) beyond = found[i].number + 1;
    for (size_t i = 0; i < count && made >= 0; i++) {
        size_t other = i + 1;
        if (fcntl(found[i].number, F_GETFD) >= 0) continue; /* a pipe's other end */
        while (other < count && (strncmp(found[i].name, "pipe:", 5) || strcmp(found[i].name, found[other].name))) other++;
        if (other < count) {
            int is_reader = (found[i].flags & O_ACCMODE) == O_RDONLY;
            made = put_pipe(&found[is_reader ? i : other], &found[is_reader ? other : i], beyond);
        } else if (!strcmp(found[i].name, "anon_inode:[eventpoll]")) {
            made = put(epoll_create1(EPOLL_CLOEXEC), found[i].number);
        } else {
            made = put(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), found[i].number);
        }
    }
    return made;
}

static napi_value open_channel(napi_env env, napi_callback_info info) {
    size_t count = 2;
    napi_value given[2];
    int32_t channel = -1, filter = -1;
    napi_get_cb_info(env, info, &count, given, NULL, NULL);
    napi_get_value_int32(env, given[0], &channel);
    napi_get_value_int32(env, given[1], &filter);
    slot_close_descriptors = renew_descriptors;
    slot_open(channel, filter);
    return NULL;
}

/* Serve; in each copy return its arguments. */
static napi_value next(napi_env env, napi_callback_info info) {
    (void)info;
    napi_value words, word;
    uv_loop_t *loop;
    napi_get_uv_event_loop(env, &loop);
    wait_for_threads();
    have_memory_copied();
    char **asked = slot_next();
    if (asked == NULL) _exit(0);
    is_copy = 1;
    go_on_with_threads();
    must(uv_loop_fork(loop) == 0, "uv_loop_fork");
    napi_create_array(env, &words);
    for (uint32_t i = 0; asked[i] != NULL; i++) {
        napi_create_string_utf8(env, asked[i], strlen(asked[i]), &word);
        napi_set_element(env, words, i, word);
    }
    return words;
}

static napi_value seed(napi_env env, napi_callback_info info) {
    (void)info;
    uint32_t number = 0;
    napi_value made;
    must(getrandom(&number, sizeof number, 0) == sizeof number, "getrandom");
    napi_create_int32(env, (int32_t)(number % INT32_MAX) + 1, &made);
    return made;
}

static napi_value pid(napi_env env, napi_callback_info info) {
    (void)info;
    napi_value made;
    napi_create_int32(env, getpid(), &made);
    return made;
}

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
    static const struct { const char *name; napi_value (*call)(napi_env, napi_callback_info); } offered[] = {
        {"open", open_channel}, {"next", next}, {"seed", seed}, {"pid", pid},
    };
    napi_value made;
    for (size_t i = 0; i < sizeof offered / sizeof *offered; i++) {
        napi_create_function(env, offered[i].name, strlen(offered[i].name), offered[i].call, NULL, &made);
        napi_set_named_property(env, exports, offered[i].name, made);
    }
    return exports;
}
