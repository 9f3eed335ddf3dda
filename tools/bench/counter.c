/* What it costs a rank to ask for the next chunk: the counter of src/cli/ranks.cpp, on rank 0, asked by rank 1 alone and by all at
 * once. Prints nanoseconds a question, the medians over blocks of 100: "alone A together B". Compiled and run by tools/bench/ranks.
 */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { blocks = 201, questions = 100 };

static int ascending(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static double ask(MPI_Win window) {
  static double times[blocks];
  for (int k = 0; k < blocks; ++k) {
    const double begin = MPI_Wtime();
    for (int i = 0; i < questions; ++i) {
      const int64_t one = 1;
      int64_t before;
      MPI_Fetch_and_op(&one, &before, MPI_INT64_T, 0, 0, MPI_SUM, window);
      MPI_Win_flush(0, window);
    }
    times[k] = (MPI_Wtime() - begin) / questions;
  }
  qsort(times, blocks, sizeof *times, ascending);
  return 1e9 * times[blocks / 2];
}

int main(void) {
  int rank, level;
  MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  int64_t* value;
  MPI_Win window;
  MPI_Win_allocate(rank == 0 ? sizeof *value : 0, sizeof *value, MPI_INFO_NULL, MPI_COMM_WORLD, &value, &window);
  if (rank == 0) *value = 0;
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_lock_all(0, window);
  const double alone = rank == 1 ? ask(window) : 0;
  MPI_Barrier(MPI_COMM_WORLD);
  const double together = ask(window);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_unlock_all(window);
  if (rank == 1) printf("alone %.0f together %.0f\n", alone, together);
  MPI_Win_free(&window);
  MPI_Finalize();
}
