#include "cli/ranks.hpp"

#include <shockstep/error.hpp>

#include "core/text.hpp"

#ifdef SHOCKSTEP_MPI
#include <mpi.h>
#endif

#include <cstdlib>
#include <exception>

namespace shockstep::cli {

namespace {

// Starting MPI takes a while, so a process that is alone does not. One that is not finds a variable of Open MPI, of
// MPICH and its kin, or of srun with PMIx.
bool started_with_others() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS"})
    if (const char* size = std::getenv(name)) return parse_whole(size).value_or(1) > 1;
  const char* rank = std::getenv("PMIX_RANK");
  const char* tasks = std::getenv("SLURM_NTASKS");
  return rank && tasks && parse_whole(tasks).value_or(1) > 1;
}

}  // namespace

#ifdef SHOCKSTEP_MPI
namespace {

bool joined() {
  int yes = 0;
  MPI_Initialized(&yes);
  return yes != 0;
}

// The counter lies on rank 0; the others increment it without that process's help.
class SharedCounter final : public Ranks::Counter {
 public:
  explicit SharedCounter(int rank) {
    MPI_Win_allocate(rank == 0 ? sizeof(std::int64_t) : 0, sizeof(std::int64_t), MPI_INFO_NULL, MPI_COMM_WORLD,
                     static_cast<void*>(&value_), &window_);
    if (rank == 0) {
      MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, window_);
      *value_ = 0;
      MPI_Win_unlock(0, window_);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Win_lock_all(0, window_);
  }
  ~SharedCounter() override {
    MPI_Win_unlock_all(window_);
    MPI_Win_free(&window_);
  }
  std::int64_t next() override {
    const std::int64_t one = 1;
    std::int64_t before = 0;
    MPI_Fetch_and_op(&one, &before, MPI_INT64_T, 0, 0, MPI_SUM, window_);
    MPI_Win_flush(0, window_);
    return before;
  }

 private:
  std::int64_t* value_ = nullptr;
  MPI_Win window_{};
};

}  // namespace

Ranks::Ranks() {
  if (!started_with_others()) return;
  int level = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &level);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &count_);
}

Ranks::~Ranks() {
  if (count_ > 1 && std::uncaught_exceptions() == 0) MPI_Finalize();  // else the exception leads to end_ranks()
}

void Ranks::meet() const {
  if (count_ > 1) MPI_Barrier(MPI_COMM_WORLD);
}

std::string Ranks::from_first(std::string text) const {
  if (count_ == 1) return text;
  auto size = static_cast<std::int64_t>(text.size());
  MPI_Bcast(&size, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
  text.resize(static_cast<std::size_t>(size));
  MPI_Bcast(text.data(), static_cast<int>(size), MPI_CHAR, 0, MPI_COMM_WORLD);
  return text;
}

std::unique_ptr<Ranks::Counter> Ranks::counter() const { return std::make_unique<SharedCounter>(rank_); }

void end_ranks(int code) {
  if (joined()) MPI_Abort(MPI_COMM_WORLD, code);
}

#else

Ranks::Ranks() {
  if (started_with_others())
    throw ConfigError("mpirun",
                      "this program was built without MPI; configure with -DSHOCKSTEP_MPI=ON, or take --shard I/N");
}
Ranks::~Ranks() = default;
void Ranks::meet() const {}
std::string Ranks::from_first(std::string text) const { return text; }
std::unique_ptr<Ranks::Counter> Ranks::counter() const { return nullptr; }
void end_ranks(int /*code*/) {}

#endif

}  // namespace shockstep::cli
