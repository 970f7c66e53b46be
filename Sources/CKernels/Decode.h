// Rows of ggml's block formats into floats, compiled once per level. Each block's fields are those of ggml's struct.

INLINE int nibble(const uint8_t *bytes, int i) {
    return i < 16 ? bytes[i] & 15 : bytes[i - 16] >> 4;
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
