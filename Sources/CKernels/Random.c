#include "include/Random.h"

#include <math.h>
#include <pthread.h>

static uint64_t splitmix(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

void ck_random_seed(ck_random *random, uint64_t seed, uint64_t stream) {
    // The stream is mixed before it meets the seed, so that neighboring pairs share no words.
    uint64_t state = seed ^ splitmix(&stream);
    for (int i = 0; i < 4; i++) random->words[i] = splitmix(&state);
}

static inline uint64_t rotated(uint64_t x, int by) {
    return x << by | x >> (64 - by);
}

static inline uint64_t next(ck_random *random) {
    uint64_t *s = random->words;
    const uint64_t result = rotated(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotated(s[3], 45);
    return result;
}

uint64_t ck_random_next(ck_random *random) {
    return next(random);
}

// Layer i reaches from the axis to `edge[i]`; all layers have the area `area`. Layer 0 is the base with the tail.

static const double tail = 3.6541528853610088, area = 0.00492867323399;
static double edge[257], height[257];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_layers(void) {
    edge[0] = area / exp(-0.5 * tail * tail);
    edge[1] = tail;
    for (int i = 2; i < 256; i++) {
        edge[i] = sqrt(-2 * log(area / edge[i - 1] + exp(-0.5 * edge[i - 1] * edge[i - 1])));
    }
    edge[256] = 0;
    for (int i = 0; i <= 256; i++) height[i] = exp(-0.5 * edge[i] * edge[i]);
}

/// In (0, 1].
static double uniform(ck_random *random) {
    return (double)((next(random) >> 11) + 1) * 0x1p-53;
}

static double tail_normal(ck_random *random) {
    double x, y;
    do {
        x = -log(uniform(random)) / tail;
        y = -log(uniform(random));
    } while (y + y < x * x);
    return tail + x;
}

static inline double normal(ck_random *random) {
    for (;;) {
        const uint64_t bits = next(random);
        const unsigned layer = bits & 255;
        const double x = (double)((int64_t)bits >> 11) * 0x1p-52 * edge[layer];  // in ±edge
        if (fabs(x) < edge[layer + 1]) return x;
        if (layer == 0) return x < 0 ? -tail_normal(random) : tail_normal(random);
        if (height[layer] + uniform(random) * (height[layer + 1] - height[layer]) < exp(-0.5 * x * x)) return x;
    }
}

void ck_random_normal(ck_random *random, float *out, size_t count, float deviation) {
    pthread_once(&once, make_layers);
    ck_random local = *random;
    for (size_t i = 0; i < count; i++) out[i] = (float)(normal(&local) * deviation);
    *random = local;
}
