/// Noise levels at the whole times of a process whose times are indices of a table.
#pragma once

#include <shockstep/process.hpp>

#include <utility>
#include <vector>

namespace shockstep {

class WholeTimes {
 public:
  /// `process`: one with a table.
  explicit WholeTimes(const Process& process);

  /// sigma at the time, which lies in the range: the least at which the process has that time or more.
  double sigma(double time) const;
  double time(double sigma) const { return process_.time(sigma); }
  double first() const { return first_; }  ///< least whole time above that of sigma_min
  double last() const { return last_; }    ///< largest one below that of sigma_max; below first() where there is none

  /// lam at the whole time nearest to that of `lam`, but below that of `from`; lam_end where there is none in between.
  double lam_near(double lam, double from) const;
  /// Descending sigmas inside the range, each moved to a whole time of its own. As they are where there are too few for that.
  std::vector<double> moved(const std::vector<double>& sigmas) const;

 private:
  double sigma_told(double whole) const;

  Process process_;
  double first_, last_;
};

}  // namespace shockstep
