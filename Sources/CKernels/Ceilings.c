// What a processor can do at most, to hold the kernels against: reading alone, and multiplying alone.

#include "include/Ceilings.h"

#include <stdbool.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { streams = 4 };

typedef uint64_t line __attribute__((vector_size(64), aligned(8)));

INLINE uint64_t read_lines(const char *memory, size_t bytes, size_t ahead) {
    const size_t part = bytes / streams;
    line found[streams] = {};
    for (size_t at = 0; at < part; at += sizeof(line)) {
        UNROLL for (size_t s = 0; s < streams; s++) {
            const char *from = memory + s * part + at;
            if (ahead > 0) __builtin_prefetch(from + ahead);
            found[s] |= *(const line *)from;
        }
    }
    const line all = (found[0] | found[1]) | (found[2] | found[3]);
    uint64_t result = 0;
    for (size_t i = 0; i < sizeof(line) / 8; i++) result |= all[i];
    return result;
}

// The loop is made twice, once without the question whether to ask ahead.
#define READ(LEVEL, TARGET) \
    TARGET static uint64_t read_##LEVEL(const void *memory, size_t bytes, size_t ahead) { \
        return ahead > 0 ? read_lines(memory, bytes, ahead) : read_lines(memory, bytes, 0); \
    }

READ(generic, )

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define AVXVNNI __attribute__((target("avx2,avxvnni")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

READ(avx2, AVX2)
READ(avx512, AVX512)

/// Sums side by side: more than the latency of an instruction times how many of them begin at once, and few enough that they
/// and the factors fit the registers.
enum { sums_avx512 = 16, sums_avx2 = 10 };

/// Lets the compiler believe that a factor changes, or it would multiply once and for all.
#define CHANGES(factor) __asm__("" : "+v"(factor))
#define USE(sum) __asm__ volatile("" : : "v"(sum))

/// STEP adds products of the numbers in `weights` and `x` to `sum`, MULTIPLIED of them.
#define CEILING(NAME, TARGET, TYPE, SUMS, WEIGHTS, X, STEP, MULTIPLIED) \
    TARGET static uint64_t NAME(size_t rounds) { \
        TYPE sums[SUMS] = {}; \
        TYPE weights = WEIGHTS; \
        const TYPE x = X; \
        for (size_t round = 0; round < rounds; round++) { \
            UNROLL for (int i = 0; i < SUMS; i++) { \
                CHANGES(weights); \
                const TYPE sum = sums[i]; \
                sums[i] = STEP; \
            } \
        } \
        UNROLL for (int i = 0; i < SUMS; i++) USE(sums[i]); \
        return (uint64_t)rounds * SUMS * MULTIPLIED; \
    }

CEILING(bytes_avx512, AVX512, __m512i, sums_avx512, _mm512_set1_epi8(3), _mm512_set1_epi8(-5),
    _mm512_dpbusd_epi32(sum, weights, x), 64)
CEILING(bytes_avxvnni, AVXVNNI, __m256i, sums_avx2, _mm256_set1_epi8(3), _mm256_set1_epi8(-5),
    _mm256_dpbusd_avx_epi32(sum, weights, x), 32)
CEILING(bytes_avx2, AVX2, __m256i, sums_avx2, _mm256_set1_epi8(3), _mm256_set1_epi8(-5),
    _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(weights, x), _mm256_set1_epi16(1))), 32)
CEILING(floats_avx512, AVX512, __m512, sums_avx512, _mm512_set1_ps(0.5f), _mm512_set1_ps(0.25f),
    _mm512_fmadd_ps(weights, x, sum), 16)
CEILING(floats_avx2, AVX2, __m256, sums_avx2, _mm256_set1_ps(0.5f), _mm256_set1_ps(0.25f),
    _mm256_fmadd_ps(weights, x, sum), 8)

uint64_t ck_read(ck_level level, const void *memory, size_t bytes, size_t ahead) {
    if (level >= ck_avx512) return read_avx512(memory, bytes, ahead);
    return level >= ck_avx2 ? read_avx2(memory, bytes, ahead) : read_generic(memory, bytes, ahead);
}

uint64_t ck_multiply_add(ck_level level, ck_arithmetic arithmetic, size_t rounds) {
    const bool is_float = arithmetic == ck_floats;
    if (level >= ck_avx512) return is_float ? floats_avx512(rounds) : bytes_avx512(rounds);
    if (level == ck_avxvnni) return is_float ? floats_avx2(rounds) : bytes_avxvnni(rounds);
    if (level == ck_avx2) return is_float ? floats_avx2(rounds) : bytes_avx2(rounds);
    return 0;
}

#else

uint64_t ck_read(ck_level level, const void *memory, size_t bytes, size_t ahead) {
    (void)level;
    return read_generic(memory, bytes, ahead);
}

uint64_t ck_multiply_add(ck_level level, ck_arithmetic arithmetic, size_t rounds) {
    (void)level, (void)arithmetic, (void)rounds;
    return 0;
}

#endif
