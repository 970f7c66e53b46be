#include "include/Checksum.h"

#include <string.h>

/// The polynomial, bits reversed.
enum : uint32_t { polynomial = 0x82f63b78 };

uint32_t ck_crc32c_generic(uint32_t seed, const void *bytes, size_t count) {
    uint32_t table[256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? polynomial : 0);
        table[i] = value;
    }
    const uint8_t *at = bytes;
    uint32_t crc = ~seed;
    for (; count > 0; count--) crc = crc >> 8 ^ table[(crc ^ *at++) & 255];
    return ~crc;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("sse4.2,pclmul")))

/// Bytes of one of the three strands that run side by side.
enum { strand = 1360 };

static inline uint64_t word(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, 8);
    return value;
}

/// Times a power of x: `power` is x^(8n − 33), and reducing the product of both brings the missing 33.
TARGET static inline uint64_t shifted(uint64_t crc, uint32_t power) {
    const __m128i a = _mm_cvtsi64_si128((long long)crc), b = _mm_cvtsi32_si128((int)power);
    return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(a, b, 0));
}

TARGET static uint32_t crc32c_sse42(uint32_t seed, const uint8_t *at, size_t count) {
    uint64_t crc = ~seed;
    for (; count >= 3 * strand; at += 3 * strand, count -= 3 * strand) {
        uint64_t second = 0, third = 0;
        for (size_t i = 0; i < strand - 8; i += 8) {
            crc = _mm_crc32_u64(crc, word(at + i));
            second = _mm_crc32_u64(second, word(at + strand + i));
            third = _mm_crc32_u64(third, word(at + 2 * strand + i));
        }
        crc = _mm_crc32_u64(crc, word(at + strand - 8));
        second = _mm_crc32_u64(second, word(at + 2 * strand - 8));
        // The first passes two strands of zeros, the second one; the last word of the third takes both in.
        const uint64_t both = shifted(crc, 0x5aa1f3cf) ^ shifted(second, 0x3f70cc6f);
        crc = _mm_crc32_u64(third, word(at + 3 * strand - 8) ^ both);
    }
    for (; count >= 8; at += 8, count -= 8) crc = _mm_crc32_u64(crc, word(at));
    for (; count > 0; count--) crc = _mm_crc32_u8((uint32_t)crc, *at++);
    return ~(uint32_t)crc;
}

uint32_t ck_crc32c(uint32_t seed, const void *bytes, size_t count) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("pclmul")) {
        return ck_crc32c_generic(seed, bytes, count);
    }
    return crc32c_sse42(seed, bytes, count);
}

#else

uint32_t ck_crc32c(uint32_t seed, const void *bytes, size_t count) {
    return ck_crc32c_generic(seed, bytes, count);
}

#endif
