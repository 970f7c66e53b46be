// Rows of ggml's block formats into floats, compiled once per level. Each block's fields are those of ggml's struct.

INLINE int nibble(const uint8_t *bytes, int i) {
    return i < 16 ? bytes[i] & 15 : bytes[i - 16] >> 4;
}

INLINE int bit(const uint8_t *bytes, int i) {
    return bytes[i / 8] >> i % 8 & 1;
}

static void decode_q8_0(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 32, row += 32, block += 34) {
        const float scale = load_f16(block);
        for (int i = 0; i < 32; i++) row[i] = (float)(int8_t)block[2 + i] * scale;
    }
}

static void decode_q4_0(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 32, row += 32, block += 18) {
        const float scale = load_f16(block);
        for (int i = 0; i < 32; i++) row[i] = (float)(nibble(block + 2, i) - 8) * scale;
    }
}

/// Scale, minimum, 16 bytes of halves.
static void decode_q4_1(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 32, row += 32, block += 20) {
        const float scale = load_f16(block), minimum = load_f16(block + 2);
        for (int i = 0; i < 32; i++) row[i] = scale * (float)nibble(block + 4, i) + minimum;
    }
}

/// Scale, 4 bytes of upper bits, 16 bytes of lower halves.
static void decode_q5_0(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 32, row += 32, block += 22) {
        const float scale = load_f16(block);
        for (int i = 0; i < 32; i++) {
            row[i] = scale * (float)((nibble(block + 6, i) | bit(block + 2, i) << 4) - 16);
        }
    }
}

/// Scale, minimum, 4 bytes of upper bits, 16 bytes of lower halves.
static void decode_q5_1(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 32, row += 32, block += 24) {
        const float scale = load_f16(block), minimum = load_f16(block + 2);
        for (int i = 0; i < 32; i++) {
            row[i] = scale * (float)(nibble(block + 8, i) | bit(block + 4, i) << 4) + minimum;
        }
    }
}

/// Scale, 16 bytes of indices.
static void decode_iq4_nl(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 32, row += 32, block += 18) {
        const float scale = load_f16(block);
        for (int i = 0; i < 32; i++) row[i] = scale * (float)(ck_iq4_values[nibble(block + 2, i)] - 128);
    }
}

/// Exponent of the scale, halved, and 16 bytes of indices.
static void decode_mxfp4(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 32, row += 32, block += 17) {
        const uint32_t exponent = block[0];
        const float scale = bits_float(exponent < 2 ? 0x200000u << exponent : (exponent - 1) << 23);
        for (int i = 0; i < 32; i++) row[i] = scale * (float)(ck_fp4_values[nibble(block + 1, i)] - 12);
    }
}

/// 16 bytes of a scale and a minimum each, 64 bytes of quarters, the factors of scales and minimums.
static void decode_q2_k(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 256, block += 84) {
        const float factor = load_f16(block + 80), minimum_factor = load_f16(block + 82);
        for (int i = 0; i < 256; i++, row++) {
            const uint8_t both = block[i / 16], four = block[16 + 32 * (i / 128) + i % 32];
            const float scale = factor * (float)(both & 15), minimum = minimum_factor * (float)(both >> 4);
            *row = scale * (float)(four >> 2 * (i / 32 % 4) & 3) - minimum;
        }
    }
}

/// Scale `j` of 16, in 6 bits: 8 bytes of lower halves, 4 bytes of upper quarters.
INLINE int scale_q3_k(const uint8_t *scales, int j) {
    const int low = j < 8 ? scales[j] & 15 : scales[j - 8] >> 4;
    return (low | (scales[8 + j % 4] >> 2 * (j / 4) & 3) << 4) - 32;
}

/// 32 bytes of upper bits, 64 bytes of lower quarters, 12 bytes of scales and their factor.
static void decode_q3_k(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 256, block += 110) {
        const float factor = load_f16(block + 108);
        for (int i = 0; i < 256; i++, row++) {
            const float scale = factor * (float)scale_q3_k(block + 96, i / 16);
            const int low = block[32 + 32 * (i / 128) + i % 32] >> 2 * (i / 32 % 4) & 3;
            *row = scale * (float)((low | (block[i % 32] >> i / 32 & 1) << 2) - 4);
        }
    }
}

/// Scale and minimum `j` of 8, in 6 bits each: those from 4 on have their upper quarters in the bytes of the first four.
INLINE void scale_k4(const uint8_t *scales, int j, int *scale, int *minimum) {
    *scale = j < 4 ? scales[j] & 63 : (scales[j + 4] & 15) | scales[j - 4] >> 6 << 4;
    *minimum = j < 4 ? scales[j + 4] & 63 : scales[j + 4] >> 4 | scales[j] >> 6 << 4;
}

/// The factors of scales and minimums, 12 bytes of both, perhaps 32 bytes of upper bits, and 128 bytes of lower halves.
INLINE void decode_k4(const uint8_t *block, const uint8_t *upper, const uint8_t *lower, float *row) {
    const float factor = load_f16(block), minimum_factor = load_f16(block + 2);
    for (int j = 0; j < 8; j++) {
        int scale, minimum;
        scale_k4(block + 4, j, &scale, &minimum);
        for (int i = 0; i < 32; i++, row++) {
            const int quant = (lower[32 * (j / 2) + i] >> 4 * (j % 2) & 15) | (upper ? (upper[i] >> j & 1) << 4 : 0);
            *row = factor * (float)scale * (float)quant - minimum_factor * (float)minimum;
        }
    }
}

static void decode_q4_k(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 256, row += 256, block += 144) decode_k4(block, NULL, block + 16, row);
}

static void decode_q5_k(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 256, row += 256, block += 176) decode_k4(block, block + 16, block + 48, row);
}

/// 128 bytes of lower halves, 64 of upper quarters, 16 scales, and their factor.
static void decode_q6_k(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 256, block += 210) {
        const float factor = load_f16(block + 208);
        for (int half = 0; half < 2; half++, row += 128) {
            const uint8_t *low = block + 64 * half, *high = block + 128 + 32 * half;
            const int8_t *scales = (const int8_t *)block + 192 + 8 * half;
            for (int i = 0; i < 32; i++) {
                const int quants[4] = {
                    (low[i] & 15) | (high[i] & 3) << 4,
                    (low[i + 32] & 15) | (high[i] >> 2 & 3) << 4,
                    low[i] >> 4 | (high[i] >> 4 & 3) << 4,
                    low[i + 32] >> 4 | (high[i] >> 6 & 3) << 4,
                };
                for (int j = 0; j < 4; j++) row[i + 32 * j] = factor * scales[2 * j + i / 16] * (float)(quants[j] - 32);
            }
        }
    }
}

/// Factor, 2 bytes of upper quarters of 8 scales, 4 bytes of their lower halves, and 16 bytes of indices for each.
static void decode_iq4_xs(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 256, block += 136) {
        const float factor = load_f16(block);
        for (int j = 0; j < 8; j++, row += 32) {
            const int low = block[4 + j / 2] >> 4 * (j % 2) & 15, high = block[2 + j / 4] >> 2 * (j % 4) & 3;
            const float scale = factor * (float)((low | high << 4) - 32);
            for (int i = 0; i < 32; i++) row[i] = scale * (float)(ck_iq4_values[nibble(block + 8 + 16 * j, i)] - 128);
        }
    }
}

/// Factor, 64 bytes of indices of four weights, 8 bytes of their ninth bits, 32 bytes of signs, 4 bytes of two scales each.
static void decode_iq3_s(const void *file, size_t columns, float *row) {
    const uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 256, block += 110) {
        const float factor = load_f16(block);
        for (int i = 0; i < 256; i++, row++) {
            const float scale = factor * (float)(1 + 2 * (block[106 + i / 64] >> 4 * (i / 32 % 2) & 15));
            const uint32_t four = ck_iq3_s_grid[block[2 + i / 4] | bit(block + 66, i / 4) << 8];
            const float magnitude = scale * (float)(four >> 8 * (i % 4) & 255);
            *row = bit(block + 74, i) ? -magnitude : magnitude;
        }
    }
}
