#include "model/device_error.hpp"

#include "support/test.hpp"

#include <c10/util/Exception.h>

#include <new>
#include <stdexcept>

using namespace shockstep;

TEST_CASE("A full device is told from a lost one, by type or by sentence") {
  const std::runtime_error full("The following operation failed\nRuntimeError: CUDA out of memory."),
      lost("CUDA error: unspecified launch failure\nCompile with `TORCH_USE_CUDA_DSA`"), other("size mismatch");
  CHECK(out_of_memory(full));
  CHECK(out_of_memory(std::bad_alloc()));
  CHECK(out_of_memory(c10::OutOfMemoryError({__func__, __FILE__, __LINE__}, "no room")));
  CHECK_FALSE(device_lost(full));
  CHECK(device_lost(lost));
  CHECK(device_lost(std::runtime_error("CUDA driver error: device not ready")));
  CHECK_FALSE(out_of_memory(lost));
  CHECK_FALSE(out_of_memory(other));
  CHECK_FALSE(device_lost(other));
}

TEST_CASE("What is said of a device is one line with its key and --resume") {
  const std::runtime_error lost("CUDA error: unspecified launch failure\nCompile with `TORCH_USE_CUDA_DSA`");
  CHECK(
      lost_sentence("run.state", "the steps on cuda:1", lost) ==
      "run.state: the steps on cuda:1 failed: CUDA error: unspecified launch failure; it takes a new process to use it "
      "again, in which --resume goes on with this run");
  CHECK(full_sentence("cuda:0", 64) ==
        "run.state: cuda:0 has no memory for the states of 64 rows; free some and go on with --resume, or begin anew "
        "with a "
        "lower run.batch or run.state: host");
}
