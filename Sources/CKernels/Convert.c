#include "include/Convert.h"

#include <string.h>

// A group of 16 rows keeps what 16 row-major rows hold, so a group is found at 16 times the bytes of a row.

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/// Moves `count` units of `unit` bytes from one row of the file to where every 16th unit is the row's.
static inline __attribute__((always_inline)) void scatter(
    const uint8_t *file, size_t count, size_t unit, uint8_t *packed, size_t row, uint8_t flip
) {
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4];
        memcpy(bytes, file + i * unit, unit);
        for (size_t j = 0; j < unit; j++) bytes[j] ^= flip;
        memcpy(packed + (i * 16 + row) * unit, bytes, unit);
    }
}

/// The converse of `scatter`.
static inline __attribute__((always_inline)) void collect(
    const uint8_t *packed, size_t count, size_t unit, uint8_t *file, size_t row, uint8_t flip
) {
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4];
        memcpy(bytes, packed + (i * 16 + row) * unit, unit);
        for (size_t j = 0; j < unit; j++) bytes[j] ^= flip;
        memcpy(file + i * unit, bytes, unit);
    }
}

void ck_pack_f32(const void *file, size_t rows, size_t columns, void *out) {
    const size_t bytes = rows * columns * 4, whole = (rows + 15) / 16 * 16 * columns * 4;
    memcpy(out, file, bytes);
    memset((uint8_t *)out + bytes, 0, whole - bytes);
}

void ck_unpack_f32(const void *packed, size_t row, size_t columns, void *file) {
    memcpy(file, (const uint8_t *)packed + row * columns * 4, columns * 4);
}

void ck_pack_half(const void *file, size_t rows, size_t columns, void *out) {
    const uint8_t *from = file;
    uint8_t *group = out;
    for (size_t start = 0; start < rows; start += 16, group += columns * 32) {
        const size_t count = least(16, rows - start);
        if (count < 16) memset(group, 0, columns * 32);
        // In strips of columns that stay in the first cache while 16 rows are written into them.
        for (size_t c = 0; c < columns; c += 256) {
            for (size_t r = 0; r < count; r++) {
                scatter(from + ((start + r) * columns + c) * 2, least(256, columns - c), 2, group + c * 32, r, 0);
            }
        }
    }
}

void ck_unpack_half(const void *packed, size_t row, size_t columns, void *file) {
    collect((const uint8_t *)packed + row / 16 * columns * 32, columns, 2, file, row % 16, 0);
}

void ck_pack_q8_0(const void *file, size_t rows, size_t columns, void *out) {
    const size_t blocks = columns / 32;
    const uint8_t *from = file;
    uint8_t *group = out;
    for (size_t start = 0; start < rows; start += 16, group += blocks * 544) {
        const size_t count = least(16, rows - start);
        uint8_t *scales = group + blocks * 512;
        if (count < 16) {
            memset(group, 0x80, blocks * 512);
            memset(scales, 0, blocks * 32);
        }
        for (size_t b = 0; b < blocks; b++) {
            for (size_t r = 0; r < count; r++) {
                const uint8_t *block = from + ((start + r) * blocks + b) * 34;
                scatter(block, 1, 2, scales + b * 32, r, 0);
                scatter(block + 2, 8, 4, group + b * 512, r, 0x80);
            }
        }
    }
}

void ck_unpack_q8_0(const void *packed, size_t row, size_t columns, void *file) {
    const size_t blocks = columns / 32;
    const uint8_t *group = (const uint8_t *)packed + row / 16 * blocks * 544;
    uint8_t *block = file;
    for (size_t b = 0; b < blocks; b++, block += 34) {
        collect(group + blocks * 512 + b * 32, 1, 2, block, row % 16, 0);
        collect(group + b * 512, 8, 4, block + 2, row % 16, 0x80);
    }
}

void ck_pack_q4_0(const void *file, size_t rows, size_t columns, void *out) {
    const size_t blocks = columns / 32;
    const uint8_t *from = file;
    uint8_t *group = out;
    for (size_t start = 0; start < rows; start += 16, group += blocks * 288) {
        const size_t count = least(16, rows - start);
        uint8_t *scales = group + blocks * 256;
        if (count < 16) {
            memset(group, 0x88, blocks * 256);
            memset(scales, 0, blocks * 32);
        }
        for (size_t b = 0; b < blocks; b++) {
            for (size_t r = 0; r < count; r++) {
                const uint8_t *block = from + ((start + r) * blocks + b) * 18;
                scatter(block, 1, 2, scales + b * 32, r, 0);
                scatter(block + 2, 4, 4, group + b * 256, r, 0);
            }
        }
    }
}

void ck_unpack_q4_0(const void *packed, size_t row, size_t columns, void *file) {
    const size_t blocks = columns / 32;
    const uint8_t *group = (const uint8_t *)packed + row / 16 * blocks * 288;
    uint8_t *block = file;
    for (size_t b = 0; b < blocks; b++, block += 18) {
        collect(group + blocks * 256 + b * 32, 1, 2, block, row % 16, 0);
        collect(group + b * 256, 4, 4, block + 2, row % 16, 0);
    }
}

// q6_K: `[half block][16 lower, then 8 upper][16 rows][4]`, then scales `[block][16][16 rows]`, then factors
// `[block][16 rows]`.

void ck_pack_q6_k(const void *file, size_t rows, size_t columns, void *out) {
    const size_t blocks = columns / 256;
    const uint8_t *from = file;
    uint8_t *group = out;
    for (size_t start = 0; start < rows; start += 16, group += blocks * 3360) {
        const size_t count = least(16, rows - start);
        uint8_t *scales = group + blocks * 3072, *factors = scales + blocks * 256;
        if (count < 16) memset(group, 0, blocks * 3360);
        for (size_t b = 0; b < blocks; b++) {
            for (size_t r = 0; r < count; r++) {
                const uint8_t *block = from + ((start + r) * blocks + b) * 210;
                for (size_t half = 0; half < 2; half++) {
                    uint8_t *quants = group + (b * 2 + half) * 1536;
                    scatter(block + 64 * half, 16, 4, quants, r, 0);
                    scatter(block + 128 + 32 * half, 8, 4, quants + 1024, r, 0);
                }
                scatter(block + 192, 16, 1, scales + b * 256, r, 0);
                scatter(block + 208, 1, 2, factors + b * 32, r, 0);
            }
        }
    }
}

void ck_unpack_q6_k(const void *packed, size_t row, size_t columns, void *file) {
    const size_t blocks = columns / 256;
    const uint8_t *group = (const uint8_t *)packed + row / 16 * blocks * 3360;
    const uint8_t *scales = group + blocks * 3072, *factors = scales + blocks * 256;
    uint8_t *block = file;
    for (size_t b = 0; b < blocks; b++, block += 210) {
        for (size_t half = 0; half < 2; half++) {
            const uint8_t *quants = group + (b * 2 + half) * 1536;
            collect(quants, 16, 4, block + 64 * half, row % 16, 0);
            collect(quants + 1024, 8, 4, block + 128 + 32 * half, row % 16, 0);
        }
        collect(scales + b * 256, 16, 1, block + 192, row % 16, 0);
        collect(factors + b * 32, 1, 2, block + 208, row % 16, 0);
    }
}

size_t ck_first_non_finite_half(const void *file, size_t count, uint16_t exponent) {
    const char *halves = file;
    size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        uint16_t part[64];
        memcpy(part, halves + 2 * i, sizeof part);
        uint16_t found = 0;
        for (int j = 0; j < 64; j++) found |= (part[j] & exponent) == exponent;
        if (found) break;
    }
    for (; i < count; i++) {
        uint16_t half;
        memcpy(&half, halves + 2 * i, 2);
        if ((half & exponent) == exponent) break;
    }
    return i;
}

size_t ck_first_non_finite_scale(const void *file, size_t count, size_t size, size_t offset) {
    const char *scale = (const char *)file + offset;
    size_t i = 0;
    for (; i < count; i++, scale += size) {
        uint16_t half;
        memcpy(&half, scale, 2);
        if ((half & 0x7c00) == 0x7c00) break;
    }
    return i;
}
