#ifndef OFFSTAGE_RANDOM_H
#define OFFSTAGE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/// The state of a xoshiro256++ generator (Blackman and Vigna, 2021, arXiv 1805.01407).
typedef struct {
    uint64_t words[4];
} ck_random;

/// Generators of one seed and different streams are independent of each other for all practical purposes.
void ck_random_seed(ck_random *_Nonnull random, uint64_t seed, uint64_t stream);

/// 64 random bits.
uint64_t ck_random_next(ck_random *_Nonnull random);

/// Fills `out` with normal numbers of mean 0 (a ziggurat of 256 layers; Marsaglia and Tsang, 2000).
void ck_random_normal(ck_random *_Nonnull random, float *_Nonnull out, size_t count, float deviation);

#endif
