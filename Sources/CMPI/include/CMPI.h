#ifndef CMPI_H
#define CMPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// MPI's constants and handles are macros, which Swift cannot import, and each implementation has its own. These functions
// have none of them; they are there when the package is built with its trait MPI.
//
// A function that returns an int returns 0, or an error code for cmpi_describe.

/// A message under way: an MPI_Request, whatever that is.
typedef struct {
    uint64_t handle;
} CMPIRequest;

/// Begins MPI; one thread at a time may call it from then on.
int cmpi_begin(void);
/// Ends MPI once every rank asks for it.
int cmpi_end(void);
/// Ends every rank at once.
void cmpi_abort(int exitCode);

int cmpi_rank(void);
int cmpi_count(void);

int cmpi_send(const void *bytes, int count, int rank, int tag, CMPIRequest *request);
int cmpi_receive(void *bytes, int count, int rank, int tag, CMPIRequest *request);
/// Whether a message is through, without waiting, and how many bytes came if it was received: -1 if too many, with an error.
int cmpi_test(CMPIRequest *request, bool *isDone, int *count);
/// Moves what is under way a little further.
int cmpi_progress(void);

/// The implementation's words for an error code.
void cmpi_describe(int code, char *text, size_t capacity);

#endif
