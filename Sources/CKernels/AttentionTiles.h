// Tiles of attention, compiled once per level: some rows, which are query heads of tokens, meet a chunk of keys and values.
// These are kept as f32, f16 or q8_0 and turned into floats in registers.

#define CHUNK 256

typedef struct {
    const float *query;
    float *out;
    /// Positions that it sees: `first` up to, not including, `end`.
    size_t first, end;
    float most;
    f32x16 total;
    /// What is left of the result after whole vectors.
    f32x16 rest;
} query_row;

/// What a row sees of a chunk: positions `low` up to, not including, `high`, counted from the chunk's first.
typedef struct {
    size_t low, high;
} seen_part;

INLINE seen_part part_of_chunk(const query_row *row, size_t chunk) {
    const size_t low = row->first > chunk ? row->first - chunk : 0, high = row->end > chunk ? row->end - chunk : 0;
    return (seen_part){least(low, CHUNK), least(high, CHUNK)};
}

// How numbers lie in a cache. Of keys 16 positions lie side by side, component by component; in q8_0, 32 components make a
// block for each position, and the scales of 16 positions stand before what they scale. Values lie as they do in a file.

INLINE size_t vector_bytes(const ck_format format) {
    return format == ck_f32 ? 64 : format == ck_f16 ? 32 : 16;
}

/// So many components of 16 positions' keys.
INLINE size_t key_bytes(const ck_format format, size_t components) {
    return vector_bytes(format) * components + (format == ck_q8_0 ? components : 0);
}

/// One position's values.
INLINE size_t value_bytes(const ck_format format, size_t head_size) {
    return format == ck_q8_0 ? head_size / 32 * 34 : (head_size + 15) / 16 * vector_bytes(format);
}

INLINE f32x16 load_quants(const void *from) {
    return __builtin_convertvector(load_i8x16(from), f32x16);
}

INLINE f32x16 load_keys(const ck_format format, const char *from, f32x16 scale) {
    return format == ck_f32 ? load_f32x16(from) : format == ck_f16 ? widen_f16(from) : load_quants(from) * scale;
}

/// 16 components of a position's values.
INLINE f32x16 load_values(const ck_format format, const char *values, size_t component) {
    if (format != ck_q8_0) {
        const char *from = ahead(values + component / 16 * vector_bytes(format));
        return format == ck_f32 ? load_f32x16(from) : widen_f16(from);
    }
    const char *block = ahead(values + component / 32 * 34);
    // The scale's neighbors are converted with it, and not used.
    return load_quants(block + 2 + component % 32) * widen_f16(block)[0];
}

/// Vectors beside one another in a tile of so many rows.
INLINE size_t tile_vectors(size_t rows) {
    return least(ATTENTION_SUMS / rows, 4);
}

/// `scores[r][p]` = query r · key of position p, for `blocks` blocks of 16 positions.
TILE void score_tile(
    const ck_format format, const size_t rows, const size_t blocks, const query_row *row, size_t head_size,
    const char *keys, float scale, float *scores
) {
    const float *query[ATTENTION_ROWS];
    f32x16 sum[ATTENTION_ROWS][4] = {};
    UNROLL for (size_t r = 0; r < rows; r++) query[r] = row[r].query;
    const size_t run = format == ck_q8_0 ? 32 : head_size, stride = key_bytes(format, head_size);
    for (size_t at = 0; at < head_size; at += run, keys += key_bytes(format, run)) {
        f32x16 key_scale[4] = {};
        UNROLL for (size_t b = 0; b < blocks && format == ck_q8_0; b++) key_scale[b] = widen_f16(keys + b * stride);
        const char *from = keys + (format == ck_q8_0 ? 32 : 0);
        for (size_t d = at; d < at + run; d++, from += vector_bytes(format)) {
            f32x16 key[4];
            UNROLL for (size_t b = 0; b < blocks; b++) {
                key[b] = load_keys(format, ahead(from + b * stride), key_scale[b]);
            }
            UNROLL for (size_t r = 0; r < rows; r++) {
                const f32x16 component = splat(query[r][d]);
                UNROLL for (size_t b = 0; b < blocks; b++) sum[r][b] = fma16(key[b], component, sum[r][b]);
            }
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t b = 0; b < blocks; b++) store(sum[r][b] * scale, scores + r * CHUNK + b * 16);
    }
}

/// `out[r]` = `out[r]` × `keep[r]` + the values of `count` positions weighted, over `vectors` × 16 components.
TILE void value_tile(
    const ck_format format, const size_t rows, const size_t vectors, const char *values, size_t component,
    size_t stride, const float *weights, size_t count, const float *keep, float *const *out
) {
    f32x16 sum[ATTENTION_ROWS][4];
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] = load_f32x16(out[r] + v * 16) * keep[r];
    }
    for (size_t p = 0; p < count; p++) {
        f32x16 value[4];
        UNROLL for (size_t v = 0; v < vectors; v++) {
            value[v] = load_values(format, values + p * stride, component + v * 16);
        }
        UNROLL for (size_t r = 0; r < rows; r++) {
            const f32x16 weight = splat(weights[r * CHUNK + p]);
            UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] = fma16(value[v], weight, sum[r][v]);
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t v = 0; v < vectors; v++) store(sum[r][v], out[r] + v * 16);
    }
}

/// The same over all components of a head, for the positions `low` up to, not including, `high` of a chunk.
TILE void add_values(
    const ck_format format, const size_t rows, query_row *row, size_t head_size, const char *values,
    const float *weights, size_t low, size_t high, const float *keep
) {
    const size_t whole = head_size / 16 * 16, stride = value_bytes(format, head_size);
    const size_t step = tile_vectors(rows) * 16;
    float *out[ATTENTION_ROWS];
    UNROLL for (size_t r = 0; r < rows; r++) out[r] = row[r].out;
    values += low * stride;
    weights += low;
    size_t d = 0;
    while (d < whole) {
        const size_t components = d + step <= whole ? step : 16;
        if (components == step) {
            value_tile(format, rows, tile_vectors(rows), values, d, stride, weights, high - low, keep, out);
        } else {
            value_tile(format, rows, 1, values, d, stride, weights, high - low, keep, out);
        }
        UNROLL for (size_t r = 0; r < rows; r++) out[r] += components;
        d += components;
    }
    if (d < head_size) {
        UNROLL for (size_t r = 0; r < rows; r++) out[r] = (float *)&row[r].rest;
        value_tile(format, rows, 1, values, d, stride, weights, high - low, keep, out);
    }
}

/// Turns a row's scores of a chunk into weights. Returns by how much what was summed before must be scaled.
static float weigh(query_row *row, float *scores, seen_part seen) {
    const size_t start = seen.low / 16 * 16, end = (seen.high + 15) / 16 * 16;
    for (size_t i = start; i < seen.low; i++) scores[i] = -INFINITY;
    for (size_t i = seen.high; i < end; i++) scores[i] = -INFINITY;
    f32x16 greatest = splat(row->most);
    for (size_t i = start; i < end; i += 16) greatest = max16(load_f32x16(scores + i), greatest);
    const float now = greatest16(greatest);
    const float keep = exp16(splat(row->most - now))[0];
    f32x16 total = row->total * keep;
    for (size_t i = start; i < end; i += 16) {
        const f32x16 power = exp16(load_f32x16(scores + i) - now);
        store(power, scores + i);
        total += power;
    }
    row->most = now;
    row->total = total;
    return keep;
}

/// The values that one row sees and its neighbors do not.
TILE void add_own_values(
    const ck_format format, query_row *row, size_t head_size, const char *values, const float *weights,
    size_t low, size_t high, float *keep
) {
    if (low >= high) return;
    add_values(format, 1, row, head_size, values, weights, low, high, keep);
    *keep = 1;
}

/// Takes some rows through a chunk. Of neighboring rows the later sees no position before the earlier's first, and the
/// earlier none after the later's last.
TILE void attend_tile(
    const ck_format format, const size_t rows, query_row *row, size_t head_size, const char *keys, const char *values,
    size_t chunk, float scale
) {
    float scores[ATTENTION_ROWS * CHUNK] __attribute__((aligned(64)));
    seen_part seen[ATTENTION_ROWS];
    float keep[ATTENTION_ROWS];
    for (size_t r = 0; r < rows; r++) seen[r] = part_of_chunk(row + r, chunk);
    const size_t end = seen[rows - 1].high;
    size_t p = seen[0].low / 16 * 16;
    while (p < end) {
        const size_t step = tile_vectors(rows) * 16, positions = p + step <= (end + 15) / 16 * 16 ? step : 16;
        const char *from = keys + p / 16 * key_bytes(format, head_size);
        if (positions == step) {
            score_tile(format, rows, tile_vectors(rows), row, head_size, from, scale, scores + p);
        } else {
            score_tile(format, rows, 1, row, head_size, from, scale, scores + p);
        }
        p += positions;
    }
    for (size_t r = 0; r < rows; r++) {
        if (seen[r].low < seen[r].high) keep[r] = weigh(row + r, scores + r * CHUNK, seen[r]);
    }
    // What all of them see lies between what only the first see and what only the last see.
    const size_t low = seen[rows - 1].low, high = seen[0].high;
    for (size_t r = 0; r < rows; r++) {
        const size_t until = low < high ? low : seen[r].high;
        add_own_values(format, row + r, head_size, values, scores + r * CHUNK, seen[r].low, until, keep + r);
    }
    if (low >= high) return;
    add_values(format, rows, row, head_size, values, scores, low, high, keep);
    UNROLL for (size_t r = 0; r < rows; r++) keep[r] = 1;
    for (size_t r = 0; r < rows; r++) {
        add_own_values(format, row + r, head_size, values, scores + r * CHUNK, high, seen[r].high, keep + r);
    }
}
