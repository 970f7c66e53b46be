#include "CMPI.h"

#ifdef OFFSTAGE_MPI

#include <stdio.h>
#include <string.h>

// Debian's packages have it in a folder of its own, which every implementation shares.
#if __has_include(<mpi.h>)
#include <mpi.h>
#elif __has_include(<mpi/mpi.h>)
#include <mpi/mpi.h>
#else
#error "The trait MPI needs mpi.h: apt-get install libopenmpi-dev openmpi-bin, or set CPATH and LIBRARY_PATH to where MPI is."
#endif

enum { tooFewThreads = -1 };

static MPI_Comm ranks = MPI_COMM_NULL;

_Static_assert(sizeof(MPI_Request) <= sizeof(CMPIRequest), "an MPI_Request fits");

int cmpi_begin(void) {
    int provided = 0;
    int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
    if (code == MPI_SUCCESS && provided < MPI_THREAD_SERIALIZED) code = tooFewThreads;
    if (code == MPI_SUCCESS) code = MPI_Comm_dup(MPI_COMM_WORLD, &ranks);
    if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(ranks, MPI_ERRORS_RETURN);
    return code;
}

int cmpi_end(void) {
    MPI_Comm_free(&ranks);
    return MPI_Finalize();
}

void cmpi_abort(int exitCode) { MPI_Abort(MPI_COMM_WORLD, exitCode); }

int cmpi_rank(void) {
    int rank = 0;
    MPI_Comm_rank(ranks, &rank);
    return rank;
}

int cmpi_count(void) {
    int count = 1;
    MPI_Comm_size(ranks, &count);
    return count;
}

static MPI_Request request_of(const CMPIRequest *request) {
    MPI_Request found;
    memcpy(&found, request, sizeof found);
    return found;
}

static void keep(MPI_Request request, CMPIRequest *into) { memcpy(into, &request, sizeof request); }

int cmpi_send(const void *bytes, int count, int rank, int tag, CMPIRequest *request) {
    MPI_Request sent = MPI_REQUEST_NULL;
    int code = MPI_Isend(bytes, count, MPI_BYTE, rank, tag, ranks, &sent);
    keep(sent, request);
    return code;
}

int cmpi_receive(void *bytes, int count, int rank, int tag, CMPIRequest *request) {
    MPI_Request received = MPI_REQUEST_NULL;
    int code = MPI_Irecv(bytes, count, MPI_BYTE, rank, tag, ranks, &received);
    keep(received, request);
    return code;
}

int cmpi_test(CMPIRequest *request, bool *isDone, int *count) {
    MPI_Request tested = request_of(request);
    MPI_Status status;
    int flag = 0;
    int code = MPI_Test(&tested, &flag, &status);
    keep(tested, request);
    *isDone = flag;
    if (code == MPI_SUCCESS && flag) MPI_Get_count(&status, MPI_BYTE, count);
    int class = MPI_SUCCESS;
    if (code != MPI_SUCCESS && MPI_Error_class(code, &class) == MPI_SUCCESS && class == MPI_ERR_TRUNCATE) *count = -1;
    return code;
}

int cmpi_progress(void) {
    int flag = 0;
    return MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, ranks, &flag, MPI_STATUS_IGNORE);
}

void cmpi_describe(int code, char *text, size_t capacity) {
    char words[MPI_MAX_ERROR_STRING + 1] = "";
    int length = 0;
    if (code == tooFewThreads) {
        snprintf(text, capacity, "this MPI was built without threads");
    } else if (MPI_Error_string(code, words, &length) == MPI_SUCCESS) {
        snprintf(text, capacity, "%s", words);
    } else {
        snprintf(text, capacity, "MPI error %d", code);
    }
}

#endif
