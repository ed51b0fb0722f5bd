/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The system calls of a running session, all of them. What is not here fails with EPERM (or ends
 * the process, by config): execve and its kin, ptrace and reading other processes' memory,
 * mounting, modules, users and groups, keyrings, fork. Failing is the default, as a call in a rare
 * corner must not take the process from the positions it protects; the kernel's audit log has each
 * one.
 *
 * The filter is a program for the kernel's own little machine, written here from the tables:
 * libseccomp 2.5.4 ends by a signal, or never, when an allocation fails in it (fault R1), and this
 * one allocates nothing.
 *
 *     load the architecture; another one than ours: refused (a 32-bit call has other numbers)
 *     load the number;       of the x32 kind: refused
 *     for each call:         equal? allow
 *     for each narrowed one: equal, and its argument too? allow
 *     refused
 *
 * How to add a call: to the group whose reason is its own; a call that is dangerous with some
 * arguments goes into narrowed[] with those that it needs. The suite test_sandbox.py runs all that a
 * session does with "kill"; run the others so too (sandbox.refused's default) before believing a
 * new list.
 */
#include "sandbox_priv.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "qtrade/base/text.h"

#ifdef __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

enum { X32 = 0x40000000, INSTRUCTIONS = 1024 };

/* A row ends with -1. */
#define CALLS(...)                                                                                 \
    (const int[])                                                                                  \
    {                                                                                              \
        __VA_ARGS__, -1                                                                            \
    }

static const struct {
    const char *why;
    const int *calls;
} groups[] = {
    {"files of the state folder, the config's, terminfo, certificates, name service",
     CALLS(SYS_read, SYS_write, SYS_pread64, SYS_pwrite64, SYS_readv, SYS_writev, SYS_preadv,
           SYS_pwritev, SYS_openat, SYS_close, SYS_close_range, SYS_lseek, SYS_fsync, SYS_fdatasync,
           SYS_ftruncate, SYS_fallocate, SYS_flock, SYS_fstat, SYS_newfstatat, SYS_statx,
           SYS_fstatfs, SYS_statfs, SYS_getdents64, SYS_readlinkat, SYS_faccessat, SYS_faccessat2,
           SYS_getcwd, SYS_umask)},
    {"entries of the state folder: segments, backups, the socket; modes of what is ours",
     CALLS(SYS_mkdirat, SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_linkat, SYS_fchmod,
           SYS_fchmodat, SYS_fchown, SYS_utimensat)},
    {"descriptors and waiting for them",
     CALLS(SYS_dup, SYS_dup3, SYS_fcntl, SYS_pipe2, SYS_ppoll, SYS_pselect6, SYS_epoll_create1,
           SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_eventfd2, SYS_timerfd_create,
           SYS_timerfd_settime, SYS_timerfd_gettime, SYS_signalfd4, SYS_inotify_init1,
           SYS_inotify_add_watch, SYS_inotify_rm_watch)},
    {"connections; socket() is narrowed below",
     CALLS(SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_connect, SYS_shutdown,
           SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_sendto,
           SYS_sendmsg, SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_socketpair)},
    {"memory; mmap and mprotect are narrowed below",
     CALLS(SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mlock, SYS_mlock2, SYS_munlock,
           SYS_mincore, SYS_membarrier, SYS_memfd_create)},
    {"threads; a new one is narrowed below",
     CALLS(SYS_futex, SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_set_tid_address,
           SYS_gettid, SYS_exit, SYS_exit_group, SYS_tgkill, SYS_sched_yield, SYS_sched_getaffinity,
           SYS_sched_setaffinity, SYS_sched_getparam, SYS_sched_setscheduler,
           SYS_sched_getscheduler, SYS_sched_get_priority_max, SYS_sched_get_priority_min,
           SYS_setpriority, SYS_getpriority, SYS_ioprio_set, SYS_ioprio_get,
           SYS_getcpu, SYS_restart_syscall)},
    {"signals", CALLS(SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigtimedwait,
                      SYS_rt_sigpending, SYS_rt_sigsuspend, SYS_sigaltstack)},
    {"time", CALLS(SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_nanosleep,
                   SYS_clock_nanosleep, SYS_times)},
    {"who and where we are, and chance",
     CALLS(SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid,
           SYS_getresgid, SYS_getgroups, SYS_getpgid, SYS_getsid, SYS_uname, SYS_sysinfo,
           SYS_getrusage, SYS_getrandom)},
#ifdef __x86_64__
    {"calls that newer architectures have by other names only",
     CALLS(SYS_open, SYS_access, SYS_stat, SYS_lstat, SYS_readlink, SYS_mkdir, SYS_rmdir,
           SYS_unlink, SYS_rename, SYS_link, SYS_chmod, SYS_dup2, SYS_poll, SYS_select,
           SYS_epoll_wait, SYS_pause, SYS_time, SYS_getpgrp, SYS_arch_prctl)},
#endif
};

/* Where the config names a program that is started (audit.hook); it inherits the list. */
static const int spawning[] = {SYS_execve,     SYS_execveat,          SYS_clone, SYS_wait4, SYS_waitid,
                               SYS_pidfd_open, SYS_pidfd_send_signal, SYS_kill,  SYS_setpgid,
                               SYS_chdir,
#ifdef SYS_vfork
                               SYS_vfork,
#endif
                               -1};

/* Allowed only when (argument & mask) == value. */
static const struct {
    int call;
    const char *why;
    int argument;
    uint64_t mask, value;
} narrowed[] = {
    {SYS_socket, "local", 0, UINT32_MAX, AF_UNIX},
    {SYS_socket, "the venue", 0, UINT32_MAX, AF_INET},
    {SYS_socket, "the venue", 0, UINT32_MAX, AF_INET6},
    {SYS_socket, "this machine's addresses, for the name service", 0, UINT32_MAX, AF_NETLINK},
    {SYS_clone, "a thread, never a process", 0, CLONE_THREAD, CLONE_THREAD},
    {SYS_mmap, "memory that is not code", 2, PROT_EXEC, 0},
    {SYS_mmap, "code of a library, not written", 2, PROT_WRITE, 0},
    {SYS_mprotect, "memory that is not code", 2, PROT_EXEC, 0},
    {SYS_prctl, "a thread's name", 0, UINT32_MAX, PR_SET_NAME},
    {SYS_prctl, "whether it can be dumped", 0, UINT32_MAX, PR_GET_DUMPABLE},
    {SYS_prctl, "the name of a mapping (PR_SET_VMA)", 0, UINT32_MAX, 0x53564d41},
    {SYS_prlimit64, "our own limits are read", 2, UINT64_MAX, 0},
    {SYS_ioctl, "the terminal's modes", 1, UINT32_MAX, TCGETS},
    {SYS_ioctl, "the terminal's modes", 1, UINT32_MAX, TCSETS},
    {SYS_ioctl, "the terminal's modes", 1, UINT32_MAX, TCSETSW},
    {SYS_ioctl, "the terminal's modes", 1, UINT32_MAX, TCSETSF},
    {SYS_ioctl, "the terminal's queue", 1, UINT32_MAX, TCFLSH},
    {SYS_ioctl, "the terminal's size", 1, UINT32_MAX, TIOCGWINSZ},
    {SYS_ioctl, "whose the terminal is", 1, UINT32_MAX, TIOCGPGRP},
    {SYS_ioctl, "whose the terminal is", 1, UINT32_MAX, TIOCSPGRP},
    {SYS_ioctl, "how much there is to read", 1, UINT32_MAX, FIONREAD},
    {SYS_ioctl, "not to wait", 1, UINT32_MAX, FIONBIO},
    {SYS_ioctl, "lines of a GPIO chip (type 0xb4)", 1, 0xff00, 0xb400},
};

struct program {
    struct sock_filter code[INSTRUCTIONS];
    unsigned n;
};

static void
put(struct program *program, unsigned code, uint32_t k, unsigned if_true, unsigned if_false)
{
    qt_assert(program->n < INSTRUCTIONS);
    program->code[program->n++] = (struct sock_filter){
        .code = (uint16_t)code, .jt = (uint8_t)if_true, .jf = (uint8_t)if_false, .k = k};
}

static void
load(struct program *program, size_t offset)
{
    put(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void
give(struct program *program, uint32_t verdict)
{
    put(program, BPF_RET | BPF_K, verdict, 0, 0);
}

/* One half of an argument; what does not match skips so many instructions. */
static void
compare_half(struct program *program, int argument, bool is_high, uint32_t mask, uint32_t value,
             unsigned skip)
{
    size_t at = offsetof(struct seccomp_data, args) + 8 * (size_t)argument + (is_high ? 4 : 0);
    load(program, at); /* little-endian, as both architectures are */
    put(program, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
    put(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip);
}

static void
allow_narrowed(struct program *program, size_t i)
{
    enum { HALF = 3, ALLOW = 1 };
    uint64_t mask = narrowed[i].mask, value = narrowed[i].value;
    load(program, offsetof(struct seccomp_data, nr));
    put(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)narrowed[i].call, 0, 2 * HALF + ALLOW);
    compare_half(program, narrowed[i].argument, false, (uint32_t)mask, (uint32_t)value,
                 HALF + ALLOW);
    compare_half(program, narrowed[i].argument, true, (uint32_t)(mask >> 32),
                 (uint32_t)(value >> 32), ALLOW);
    give(program, SECCOMP_RET_ALLOW);
}

static void
allow_all(struct program *program, const int *calls)
{
    for (; *calls >= 0; calls++) {
        put(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)*calls, 0, 1);
        give(program, SECCOMP_RET_ALLOW);
    }
}

static void
write_program(struct program *program, bool may_spawn, uint32_t refused)
{
    load(program, offsetof(struct seccomp_data, arch));
    put(program, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    give(program, refused);
    load(program, offsetof(struct seccomp_data, nr));
    put(program, BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1);
    give(program, refused);
    for (size_t i = 0; i < QT_COUNT_OF(groups); i++)
        allow_all(program, groups[i].calls);
    if (may_spawn)
        allow_all(program, spawning);
    /* Its flags lie in memory, where a filter does not see them: the C library then takes clone. */
    put(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
    give(program, SECCOMP_RET_ERRNO | ENOSYS);
    for (size_t i = 0; i < QT_COUNT_OF(narrowed); i++)
        allow_narrowed(program, i);
    give(program, refused);
}

bool
qt__seccomp_is_there(char why[96])
{
    uint32_t action = SECCOMP_RET_ERRNO;
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
        return true;
    snprintf(why, 96, "this kernel has none: %.60s", strerror(errno));
    return false;
}

bool
qt__seccomp_enter(const struct qt__sandbox_config *config, bool may_spawn, char why[96])
{
    bool kills = strcmp(config->refused, "kill") == 0;
    struct program program = {.n = 0};
    write_program(&program, may_spawn, kills ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM);
    const struct sock_fprog filter = {(unsigned short)program.n, program.code};
    long failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                          SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG, &filter);
    if (failed > 0)
        snprintf(why, 96, "thread %ld has a filter of its own", failed);
    else if (failed < 0)
        snprintf(why, 96, "%.90s", strerror(errno));
    else
        qt_copy(why, 96, kills ? "a refused call ends the process" : "a refused call fails");
    return failed == 0;
}
