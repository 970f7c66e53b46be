// Rows of floats into ggml's file formats and back, and activations into blocks of 8 bits; compiled once per level.

INLINE uint32_t float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

INLINE float bits_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

/// The greatest magnitude of 32 values; a NaN counts as the greatest of all.
INLINE float greatest_magnitude(const float *values) {
    const i32x16 first = (i32x16)load_f32x16(values) & 0x7fffffff, second = (i32x16)load_f32x16(values + 16) & 0x7fffffff;
    return bits_float((uint32_t)__builtin_reduce_max(__builtin_elementwise_max(first, second)));
}

INLINE float load_f16(const void *from) {
    uint16_t half[16] = {};
    memcpy(half, from, 2);
    return widen_f16(half)[0];
}

INLINE void store_f16(float value, void *to) {
    uint16_t half[16];
    narrow_f16(splat(value), half);
    memcpy(to, half, 2);
}

/// Rounded to the 11 significant bits of an f16, ties to even, whatever its exponent.
INLINE float rounded_as_f16(float value) {
    const uint32_t bits = float_bits(value);
    return bits_float((bits + 0xfff + (bits >> 13 & 1)) & ~(uint32_t)0x1fff);
}

/// Values times `inverse`, rounded to the nearest integers, ties to even; they are below 2^22.
INLINE i32x16 rounded_quants(f32x16 values, float inverse) {
    // Adding 1.5 × 2^23 leaves the integer in the low bits.
    return (i32x16)(values * inverse + 12582912.0f) - 0x4b400000;
}

/// As ggml quantizes activations, so that its numbers are ours: the scale is rounded as an f16 is, but keeps its range.
static void quantize(const float *row, size_t columns, ck_block *blocks) {
    for (size_t b = 0; b < columns / 32; b++, row += 32, blocks++) {
        const float greatest = greatest_magnitude(row);
        if (!(greatest <= FLT_MAX)) {
            *blocks = (ck_block){.scale = NAN, .scaled_sum = NAN};
            continue;
        }
        const float scale = greatest / 127.0f;
        const float inverse = scale >= FLT_MIN ? 127.0f / greatest : 0.0f;
        UNROLL for (size_t half = 0; half < 2; half++) {
            const i32x16 quants = rounded_quants(load_f32x16(row + 16 * half), inverse);
            const i8x16 bytes = __builtin_convertvector(quants, i8x16);
            memcpy(blocks->quants + 16 * half, &bytes, sizeof bytes);
            blocks->sums[half] = (int16_t)__builtin_reduce_add(quants);
        }
        blocks->scale = inverse > 0 ? rounded_as_f16(scale) : 0;
        blocks->scaled_sum = (float)(blocks->sums[0] + blocks->sums[1]) * blocks->scale;
    }
}

static void encode_f32(const float *row, size_t columns, void *file) {
    memcpy(file, row, columns * sizeof(float));
}

static void decode_f32(const void *file, size_t columns, float *row) {
    memcpy(row, file, columns * sizeof(float));
}

static void encode_f16(const float *row, size_t columns, void *file) {
    size_t c = 0;
    for (; c + 16 <= columns; c += 16) narrow_f16(load_f32x16(row + c), (char *)file + 2 * c);
    if (c < columns) {
        uint16_t halves[16];
        narrow_f16(load_part(row + c, columns - c), halves);
        memcpy((char *)file + 2 * c, halves, 2 * (columns - c));
    }
}

static void decode_f16(const void *file, size_t columns, float *row) {
    size_t c = 0;
    for (; c + 16 <= columns; c += 16) store(widen_f16((const char *)file + 2 * c), row + c);
    if (c < columns) {
        uint16_t halves[16] = {};
        memcpy(halves, (const char *)file + 2 * c, 2 * (columns - c));
        store_part(widen_f16(halves), row + c, columns - c);
    }
}

/// Round to nearest, ties to even; a NaN stays one.
static void encode_bf16(const float *row, size_t columns, void *file) {
    for (size_t c = 0; c < columns; c++) {
        const uint32_t bits = float_bits(row[c]);
        const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
        const uint16_t half = (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16 | 64) : rounded);
        memcpy((char *)file + 2 * c, &half, 2);
    }
}

static void decode_bf16(const void *file, size_t columns, float *row) {
    for (size_t c = 0; c < columns; c++) {
        uint16_t half;
        memcpy(&half, (const char *)file + 2 * c, 2);
        row[c] = bits_float((uint32_t)half << 16);
    }
}

/// As ggml's `quantize_row_q8_0_ref`: halves are rounded away from zero.
static void encode_q8_0(const float *row, size_t columns, void *file) {
    uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 32, row += 32, block += 34) {
        const float scale = greatest_magnitude(row) / 127.0f;
        const float inverse = scale != 0 ? 1.0f / scale : 0.0f;
        store_f16(scale, block);
        for (int i = 0; i < 32; i++) {
            const float value = row[i] * inverse;
            block[2 + i] = (uint8_t)(int8_t)(int32_t)(value + copysignf(0x1.fffffep-2f, value));
        }
    }
}

/// Of 32 values that of greatest magnitude, the first of several.
INLINE float extreme(const float *values) {
    const float magnitude = greatest_magnitude(values);
    int first = 0;
    while (first < 31 && fabsf(values[first]) != magnitude) first++;
    return values[first];
}

/// A number from 0 on without its fraction, but at most `most`.
INLINE int32_t whole_part(float value, int32_t most) {
    return value < (float)most ? (int32_t)value : most;
}

INLINE void store_nibbles(const int32_t quants[static 32], uint8_t *to) {
    for (int i = 0; i < 16; i++) to[i] = (uint8_t)((quants[i] & 15) | (quants[i + 16] & 15) << 4);
}

INLINE void store_fifth_bits(const int32_t quants[static 32], uint8_t *to) {
    memset(to, 0, 4);
    for (int i = 0; i < 32; i++) to[i / 8] |= (uint8_t)((quants[i] >> 4 & 1) << i % 8);
}

/// As ggml's `quantize_row_q4_0_ref`: the value of greatest magnitude becomes −8.
static void encode_q4_0(const float *row, size_t columns, void *file) {
    uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 32, row += 32, block += 18) {
        const float scale = extreme(row) / -8.0f;
        const float inverse = scale != 0 ? 1.0f / scale : 0.0f;
        store_f16(scale, block);
        int32_t quants[32];
        for (int i = 0; i < 32; i++) quants[i] = whole_part(row[i] * inverse + 8.5f, 15);
        store_nibbles(quants, block + 2);
    }
}

/// As ggml's `quantize_row_q5_0_ref`: the value of greatest magnitude becomes −16.
static void encode_q5_0(const float *row, size_t columns, void *file) {
    uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 32, row += 32, block += 22) {
        const float scale = extreme(row) / -16.0f;
        const float inverse = scale != 0 ? 1.0f / scale : 0.0f;
        store_f16(scale, block);
        int32_t quants[32];
        for (int i = 0; i < 32; i++) quants[i] = whole_part(row[i] * inverse + 16.5f, 31);
        store_fifth_bits(quants, block + 2);
        store_nibbles(quants, block + 6);
    }
}

/// As ggml's `quantize_row_q5_1_ref`: the least value becomes 0, the greatest 31. A NaN or an infinity makes the scale a NaN.
static void encode_q5_1(const float *row, size_t columns, void *file) {
    uint8_t *block = file;
    for (size_t c = 0; c < columns; c += 32, row += 32, block += 24) {
        float least = row[0], most = row[0];
        for (int i = 1; i < 32; i++) {
            least = row[i] < least ? row[i] : least;
            most = row[i] > most ? row[i] : most;
        }
        const float scale = greatest_magnitude(row) <= FLT_MAX ? (most - least) / 31.0f : NAN;
        const float inverse = scale != 0 ? 1.0f / scale : 0.0f;
        store_f16(scale, block);
        store_f16(least, block + 2);
        int32_t quants[32];
        for (int i = 0; i < 32; i++) quants[i] = whole_part((row[i] - least) * inverse + 0.5f, 31);
        store_fifth_bits(quants, block + 4);
        store_nibbles(quants, block + 8);
    }
}
