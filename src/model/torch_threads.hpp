/// How many threads Torch uses, for a while.
#pragma once

#include <ATen/Parallel.h>

namespace shockstep {

/// Sets Torch's threads for calls of this thread; the destructor puts them back.
class TorchThreads {
 public:
  explicit TorchThreads(int threads) : before_(at::get_num_threads()) { at::set_num_threads(threads); }
  ~TorchThreads() { at::set_num_threads(before_); }
  TorchThreads(const TorchThreads&) = delete;

 private:
  int before_;
};

}  // namespace shockstep
