/// How many threads Torch uses, for a while.
#pragma once

namespace shockstep {

/// Sets Torch's threads for calls of this thread; the destructor puts them back.
class TorchThreads {
 public:
  explicit TorchThreads(int threads);  ///< as many from now on
  ~TorchThreads();
  TorchThreads(const TorchThreads&) = delete;

 private:
  int before_;
};

}  // namespace shockstep
