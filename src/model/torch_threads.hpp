/// How many threads Torch uses, for a while.
#pragma once

#include <ATen/Parallel.h>

namespace shockstep {

/// Of this thread's calls; put back at the end of its life.
class TorchThreads {
 public:
  explicit TorchThreads(int threads) : before_(at::get_num_threads()) { at::set_num_threads(threads); }
  ~TorchThreads() { at::set_num_threads(before_); }
  TorchThreads(const TorchThreads&) = delete;

 private:
  int before_;
};

}  // namespace shockstep
