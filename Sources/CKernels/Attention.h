// Softmax attention of consecutive tokens over a cache, compiled once per level.
//
// Positions are taken in chunks that begin at multiples of 256, with a running maximum (Milakov and Gimelshein, 2018,
// arXiv 1805.02867), so that scores need no memory that grows with the context. A row is one query head of one token; a
// band of rows goes through the chunks together, so that keys and values come from memory once for all (Dao et
// al., 2022, arXiv 2205.14135), and tiles of rows share what is loaded into registers. Sums grow where the result will
// be, so that a head may be as wide as one likes. A row's result depends on its query, the positions and nothing else: not on
// the rows that are computed beside it.

#define CHUNK 256
/// Rows that meet a chunk while it is in the second cache.
#define BAND 64

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

static void finish_row(query_row *row, size_t head_size) {
    const size_t whole = head_size / 16 * 16;
    const float sum = sum16(row->total);
    for (size_t d = 0; d < whole; d += 16) store(load_f32x16(row->out + d) / sum, row->out + d);
    store_part(row->rest / sum, row->out + whole, head_size - whole);
}

static void attend_band(
    query_row *band, size_t rows, size_t head_size, const float *keys, const float *values, float scale
) {
    for (size_t chunk = band->first / CHUNK * CHUNK; chunk < band[rows - 1].end; chunk += CHUNK) {
        const float *some_keys = keys + chunk * head_size, *some_values = values + chunk * ((head_size + 15) / 16 * 16);
        size_t r = 0;
#define TILES(N) \
    for (; N <= ATTENTION_ROWS && rows - r >= N; r += N) { \
        attend_tile(N <= ATTENTION_ROWS ? N : 1, band + r, head_size, some_keys, some_values, chunk, scale); \
    }
        TILES(8) TILES(4) TILES(2) TILES(1)
#undef TILES
    }
    for (size_t r = 0; r < rows; r++) finish_row(band + r, head_size);
}

static void attend(
    const ck_lookup *lookup, const float *queries, const float *keys, const float *values, float *out
) {
    query_row band[BAND];
    const size_t rows = lookup->tokens * lookup->heads;
    for (size_t r = 0; r < rows; r++) {
        const size_t token = r / lookup->heads, at = token * lookup->stride + r % lookup->heads * lookup->head_size;
        const size_t end = lookup->position + token + 1;
        band[r % BAND] = (query_row){
            .query = queries + at, .out = out + at, .first = end > lookup->window ? end - lookup->window : 0, .end = end,
            .most = -INFINITY};
        memset(out + at, 0, lookup->head_size / 16 * 16 * sizeof(float));
        if (r % BAND == BAND - 1 || r == rows - 1) {
            attend_band(band, r % BAND + 1, lookup->head_size, keys, values, lookup->scale);
        }
    }
}

#undef BAND
#undef CHUNK
