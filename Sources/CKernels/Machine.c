#define _GNU_SOURCE
#include "include/Machine.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "include/Kernels.h"

extern const ck_kernels ck_kernels_generic;

#if defined(__x86_64__)
#include <cpuid.h>

extern const ck_kernels ck_kernels_avx2;
extern const ck_kernels ck_kernels_avxvnni;
extern const ck_kernels ck_kernels_avx512;
extern const ck_kernels ck_kernels_avx512vbmi;

bool ck_has_level(ck_level level) {
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vnni");
    switch (level) {
    case ck_avx512vbmi: return avx512 && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("gfni");
    case ck_avx512: return avx512;
    case ck_avxvnni: return avx2 && __builtin_cpu_supports("avxvnni");
    case ck_avx2: return avx2;
    case ck_generic: return true;
    }
    return false;
}

const ck_kernels *ck_kernels_of(ck_level level) {
    switch (level) {
    case ck_avx512vbmi: return &ck_kernels_avx512vbmi;
    case ck_avx512: return &ck_kernels_avx512;
    case ck_avxvnni: return &ck_kernels_avxvnni;
    case ck_avx2: return &ck_kernels_avx2;
    default: return &ck_kernels_generic;
    }
}

void ck_cpu_name(char name[static 49]) {
    memset(name, 0, 49);
    unsigned words[12];
    for (unsigned leaf = 0; leaf < 3; leaf++) {
        unsigned *at = words + 4 * leaf;
        if (!__get_cpuid(0x80000002u + leaf, at, at + 1, at + 2, at + 3)) return;
    }
    memcpy(name, words, 48);
}

#else

bool ck_has_level(ck_level level) {
    return level == ck_generic;
}

const ck_kernels *ck_kernels_of(ck_level level) {
    (void)level;
    return &ck_kernels_generic;
}

void ck_cpu_name(char name[static 49]) {
    memset(name, 0, 49);
}

#endif

int ck_allowed_processors(void) {
#if defined(__linux__)
    // The kernel wants room for every processor that it was built for.
    for (int processors = 1024; processors <= 1 << 16; processors *= 8) {
        cpu_set_t *mask = CPU_ALLOC(processors);
        if (!mask) break;
        const size_t bytes = CPU_ALLOC_SIZE(processors);
        const int count = sched_getaffinity(0, bytes, mask) == 0 ? CPU_COUNT_S(bytes, mask) : 0;
        CPU_FREE(mask);
        if (count > 0) return count;
    }
#endif
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

int ck_current_processor(void) {
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

int ck_prefer_node(void *start, size_t length, int node) {
#if defined(SYS_mbind)
    enum { preferred = 1, bits = 8 * sizeof(unsigned long), words = 1024 / bits };
    unsigned long nodes[words] = {0};
    if (node < 0 || node >= 1024) return EINVAL;
    nodes[(unsigned)node / bits] |= 1ul << ((unsigned)node % bits);
    // The kernel reads one bit fewer than it is told of.
    return syscall(SYS_mbind, start, length, preferred, nodes, 1024ul + 1, 0u) == 0 ? 0 : errno;
#else
    (void)start, (void)length, (void)node;
    return ENOSYS;
#endif
}
