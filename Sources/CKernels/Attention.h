// Softmax attention of consecutive tokens over a cache, compiled once per level.
//
// Positions are taken in chunks that begin at multiples of 256, with a running maximum (Milakov and Gimelshein, 2018,
// arXiv 1805.02867), so that scores need no memory that grows with the context. Sums begin anew at multiples of
// ck_stretch positions and are combined in ascending order, so that threads may share the stretches of one token. A row
// is one query head of one token; a band of rows goes through the chunks together, so that keys and values come from
// memory once for all of them (Dao et al., 2022, arXiv 2205.14135), and tiles of rows share what is loaded into
// registers. A row's result depends on its query, the positions and nothing else: not on the rows beside it.

#define CHUNK 256
/// Rows that meet a chunk while it is in the second cache, and how many components their sums of a stretch may have.
#define BAND 64
#define BAND_COMPONENTS 16384

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

/// Vectors beside one another in a tile of so many rows.
INLINE size_t tile_vectors(size_t rows) {
    return least(ATTENTION_SUMS / rows, 4);
}

/// `scores[r][p]` = query r · key of position p, for `blocks` blocks of 16 positions.
TILE void score_tile(
    const size_t rows, const size_t blocks, const query_row *row, size_t head_size, const float *keys, float scale,
    float *scores
) {
    const float *query[ATTENTION_ROWS];
    f32x16 sum[ATTENTION_ROWS][4] = {};
    UNROLL for (size_t r = 0; r < rows; r++) query[r] = row[r].query;
    for (size_t d = 0; d < head_size; d++) {
        f32x16 key[4];
        UNROLL for (size_t b = 0; b < blocks; b++) key[b] = load_f32x16(ahead(keys + (b * head_size + d) * 16));
        UNROLL for (size_t r = 0; r < rows; r++) {
            const f32x16 component = splat(query[r][d]);
            UNROLL for (size_t b = 0; b < blocks; b++) sum[r][b] = fma16(key[b], component, sum[r][b]);
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t b = 0; b < blocks; b++) store(sum[r][b] * scale, scores + r * CHUNK + b * 16);
    }
}

/// `out[r]` = `out[r]` × `keep[r]` + the values of `count` positions weighted, over `vectors` × 16 components.
TILE void value_tile(
    const size_t rows, const size_t vectors, const float *values, size_t width, const float *weights, size_t count,
    const float *keep, float *const *out
) {
    f32x16 sum[ATTENTION_ROWS][4];
    UNROLL for (size_t r = 0; r < rows; r++) {
        UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] = load_f32x16(out[r] + v * 16) * keep[r];
    }
    for (size_t p = 0; p < count; p++) {
        f32x16 value[4];
        UNROLL for (size_t v = 0; v < vectors; v++) value[v] = load_f32x16(ahead(values + p * width + v * 16));
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
    const size_t rows, query_row *row, size_t head_size, const float *values, const float *weights, size_t low,
    size_t high, const float *keep
) {
    const size_t whole = head_size / 16 * 16, width = (head_size + 15) / 16 * 16;
    const size_t step = tile_vectors(rows) * 16;
    float *out[ATTENTION_ROWS];
    UNROLL for (size_t r = 0; r < rows; r++) out[r] = row[r].out;
    values += low * width;
    weights += low;
    size_t d = 0;
    while (d < whole) {
        const size_t components = d + step <= whole ? step : 16;
        if (components == step) {
            value_tile(rows, tile_vectors(rows), values + d, width, weights, high - low, keep, out);
        } else {
            value_tile(rows, 1, values + d, width, weights, high - low, keep, out);
        }
        UNROLL for (size_t r = 0; r < rows; r++) out[r] += components;
        d += components;
    }
    if (d < width) {
        UNROLL for (size_t r = 0; r < rows; r++) out[r] = (float *)&row[r].rest;
        value_tile(rows, 1, values + d, width, weights, high - low, keep, out);
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
static void add_own_values(
    query_row *row, size_t head_size, const float *values, const float *weights, size_t low, size_t high, float *keep
) {
    if (low >= high) return;
    add_values(1, row, head_size, values, weights, low, high, keep);
    *keep = 1;
}

/// Takes some rows through a chunk. Of neighboring rows the later sees no position before the earlier's first, and the
/// earlier none after the later's last.
TILE void attend_tile(
    const size_t rows, query_row *row, size_t head_size, const float *keys, const float *values, size_t chunk,
    float scale
) {
    float scores[ATTENTION_ROWS * CHUNK] __attribute__((aligned(64)));
    seen_part seen[ATTENTION_ROWS];
    float keep[ATTENTION_ROWS];
    for (size_t r = 0; r < rows; r++) seen[r] = part_of_chunk(row + r, chunk);
    const size_t end = seen[rows - 1].high;
    size_t p = seen[0].low / 16 * 16;
    while (p < end) {
        const size_t step = tile_vectors(rows) * 16, positions = p + step <= (end + 15) / 16 * 16 ? step : 16;
        if (positions == step) {
            score_tile(rows, tile_vectors(rows), row, head_size, keys + p * head_size, scale, scores + p);
        } else {
            score_tile(rows, 1, row, head_size, keys + p * head_size, scale, scores + p);
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
        add_own_values(row + r, head_size, values, scores + r * CHUNK, seen[r].low, until, keep + r);
    }
    if (low >= high) return;
    add_values(rows, row, head_size, values, scores, low, high, keep);
    UNROLL for (size_t r = 0; r < rows; r++) keep[r] = 1;
    for (size_t r = 0; r < rows; r++) {
        add_own_values(row + r, head_size, values, scores + r * CHUNK, high, seen[r].high, keep + r);
    }
}

/// The row's part of a stretch; its sums grow at `sums`, unless it is the row's first: then where its result will be.
INLINE query_row part_of_stretch(const query_row *row, size_t stretch, size_t length, float *sums, size_t head_size) {
    query_row part = *row;
    part.end = least(row->end, stretch + length);
    if (row->first >= stretch) return part;
    part.first = stretch;
    part.out = sums;
    part.most = -INFINITY;
    part.total = part.rest = (f32x16){};
    memset(sums, 0, head_size / 16 * 16 * sizeof(float));
    return part;
}

/// Adds what a row found in its next stretch to what it found before.
static void combine(query_row *row, const query_row *part, size_t head_size) {
    if (part->first >= part->end) return;
    if (part->out == row->out) {
        row->most = part->most;
        row->total = part->total;
        row->rest = part->rest;
        return;
    }
    const f32x16 now = max16(splat(row->most), splat(part->most));
    const f32x16 keep = exp16(splat(row->most) - now), take = exp16(splat(part->most) - now);
    row->most = now[0];
    row->total = fma16(part->total, take, row->total * keep);
    row->rest = fma16(part->rest, take, row->rest * keep);
    for (size_t d = 0; d + 16 <= head_size; d += 16) {
        store(fma16(load_f32x16(part->out + d), take, load_f32x16(row->out + d) * keep), row->out + d);
    }
}

static void finish_row(query_row *row, size_t head_size) {
    const size_t whole = head_size / 16 * 16;
    const float sum = sum16(row->total);
    for (size_t d = 0; d < whole; d += 16) store(load_f32x16(row->out + d) / sum, row->out + d);
    store_part(row->rest / sum, row->out + whole, head_size - whole);
}

/// Takes parts of rows, all of one stretch, through its chunks.
static void attend_stretch_parts(
    query_row *part, size_t rows, size_t head_size, const float *keys, const float *values, float scale
) {
    const size_t width = (head_size + 15) / 16 * 16;
    for (size_t chunk = part->first / CHUNK * CHUNK; chunk < part[rows - 1].end; chunk += CHUNK) {
        const float *some_keys = keys + chunk * head_size, *some_values = values + chunk * width;
        size_t r = 0;
#define TILES(N) \
    for (; N <= ATTENTION_ROWS && rows - r >= N; r += N) { \
        attend_tile(N <= ATTENTION_ROWS ? N : 1, part + r, head_size, some_keys, some_values, chunk, scale); \
    }
        TILES(8) TILES(4) TILES(2) TILES(1)
#undef TILES
    }
}

static void attend_band(
    query_row *band, size_t rows, size_t head_size, const float *keys, const float *values, float scale
) {
    float sums[BAND_COMPONENTS] __attribute__((aligned(64)));
    query_row part[BAND];
    const size_t width = (head_size + 15) / 16 * 16, end = band[rows - 1].end;
    // Heads too wide for a second sum are one stretch.
    const size_t length = width > BAND_COMPONENTS ? SIZE_MAX : ck_stretch;
    for (size_t stretch = band->first / length * length; stretch < end; stretch += least(length, end - stretch)) {
        for (size_t r = 0; r < rows; r++) {
            part[r] = part_of_stretch(band + r, stretch, length, sums + r * width, head_size);
        }
        attend_stretch_parts(part, rows, head_size, keys, values, scale);
        for (size_t r = 0; r < rows; r++) combine(band + r, part + r, head_size);
    }
    for (size_t r = 0; r < rows; r++) finish_row(band + r, head_size);
}

static query_row row_of_token(const ck_lookup *lookup, const float *queries, float *out, size_t row) {
    const size_t token = row / lookup->heads, head = row % lookup->heads;
    const size_t at = token * lookup->stride + head * lookup->head_size, end = lookup->position + token + 1;
    return (query_row){
        .query = queries + at, .out = out + at, .first = end > lookup->window ? end - lookup->window : 0, .end = end,
        .most = -INFINITY};
}

static void attend(
    const ck_lookup *lookup, const float *queries, const float *keys, const float *values, float *out
) {
    query_row band[BAND];
    const size_t head_size = lookup->head_size, rows = lookup->tokens * lookup->heads;
    const size_t most = BAND_COMPONENTS / ((head_size + 15) / 16 * 16), together = most < 1 ? 1 : least(most, BAND);
    for (size_t row = 0; row < rows; row += together) {
        const size_t count = least(rows - row, together);
        for (size_t r = 0; r < count; r++) {
            band[r] = row_of_token(lookup, queries, out, row + r);
            memset(band[r].out, 0, head_size / 16 * 16 * sizeof(float));
        }
        attend_band(band, count, head_size, keys, values, lookup->scale);
    }
}

/// Where a head's sums of a stretch lie among those that are kept: the sums, the powers' sum, the greatest score.
INLINE float *kept_sums(float *sums, size_t head, size_t head_size) {
    return sums + head * ((head_size + 15) / 16 * 16 + 32);
}

static void attend_stretch(
    const ck_lookup *lookup, const float *queries, const float *keys, const float *values, size_t stretch, float *sums
) {
    const size_t head_size = lookup->head_size, whole = head_size / 16 * 16, width = (head_size + 15) / 16 * 16;
    query_row part[ATTENTION_ROWS];
    for (size_t head = 0; head < lookup->heads; head += ATTENTION_ROWS) {
        const size_t count = least(lookup->heads - head, ATTENTION_ROWS);
        for (size_t r = 0; r < count; r++) {
            const query_row row = row_of_token(lookup, queries, NULL, head + r);
            float *to = kept_sums(sums, head + r, head_size);
            part[r] = part_of_stretch(&row, stretch * ck_stretch, ck_stretch, to, head_size);
            part[r].out = to;
            memset(to, 0, whole * sizeof(float));
        }
        attend_stretch_parts(part, count, head_size, keys, values, lookup->scale);
        for (size_t r = 0; r < count; r++) {
            store_part(part[r].rest, part[r].out + whole, width - whole);
            store(part[r].total, part[r].out + width);
            part[r].out[width + 16] = part[r].most;
        }
    }
}

static void combine_stretches(const ck_lookup *lookup, float *sums, size_t count, float *out) {
    const size_t head_size = lookup->head_size, whole = head_size / 16 * 16, width = (head_size + 15) / 16 * 16;
    for (size_t head = 0; head < lookup->heads; head++) {
        query_row row = {.out = out + head * head_size};
        for (size_t s = 0; s < count; s++) {
            float *from = kept_sums(sums, s * lookup->heads + head, head_size);
            query_row part = {.out = from, .end = 1, .most = from[width + 16], .total = load_f32x16(from + width)};
            if (whole < width) part.rest = load_f32x16(from + whole);
            if (s == 0) {
                memcpy(row.out, from, whole * sizeof(float));
                part.out = row.out;
            }
            combine(&row, &part, head_size);
        }
        finish_row(&row, head_size);
    }
}

#undef BAND
#undef BAND_COMPONENTS
#undef CHUNK
