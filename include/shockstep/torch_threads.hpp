/// How many threads Torch uses, for a while.
#pragma once

namespace shockstep {

/// Of this thread's calls; put back at the end of its life.
class TorchThreads {
 public:
  explicit TorchThreads(int threads);  ///< as many from now on
  ~TorchThreads();
  TorchThreads(const TorchThreads&) = delete;

 private:
  int before_;
};

}  // namespace shockstep
