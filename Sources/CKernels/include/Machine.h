#ifndef OFFSTAGE_MACHINE_H
#define OFFSTAGE_MACHINE_H

#include <stddef.h>

/// Writes the processor's name for itself, or an empty string, with a final zero byte.
void ck_cpu_name(char name[_Nonnull static 49]);

/// Processors that the scheduler may put this thread on.
int ck_allowed_processors(void);

/// The processor that this thread runs on just now; negative where that cannot be told.
int ck_current_processor(void);

/// Asks for pages, none of which has been touched, from the memory of a node, if it has some left.
///
/// - Parameter start: where a page begins.
/// - Returns: 0, or what went wrong (errno).
int ck_prefer_node(void *_Nonnull start, size_t length, int node);

/// Tells the processor that this thread spins.
static inline void ck_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
