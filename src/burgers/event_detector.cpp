#include "burgers/event_detector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace shockstep {
namespace {

constexpr double least_exponent = .1;  // windows below it are not logged
// In lam.
constexpr double open_spacing = .15, closed_spacing = .3, calm_spacing = .5, level_spacing = .6;
constexpr double manifold_open_spacing = .3, manifold_level_spacing = 1;
constexpr double level_width = .1;  // two successive J this close to 1: on a manifold of the data, J stays at 1
constexpr double manifold_level = 1.1;
constexpr double beside =
    .25;  // second eigenvalue over J from which J is a hill of many; between two thin modes it vanishes
constexpr std::size_t direction_limit = 256;  // longest direction kept where long ones are not, coordinates
constexpr int substeps = 12;
constexpr double least_largest_J = 1.02;  // of a pilot
// Where J is measured at bursts alone: two of them with J > 1 so close, in lam, have J > 1 in between; a bracket reaches so far into
// what was not measured.
constexpr double one_window = 1.2, unseen = 1;
constexpr double cubic_share = 2. / 3;

/// J between two measurements for two modes of posterior weights m and n = 1 - m: C = J sigma^2 = Delta^2 m n along the
/// line between the modes, Delta their distance, and phi = ln(m/n) moves monotonically. The chord D moved along gives
/// Delta and both phi. In between phi is part linear (J too low) and part a cubic with the flow's own slopes (too high for
/// steps of .5 in lam, and for modes that are not thin).
class TwoModes {
 public:
  TwoModes(double lam0, double J0, double lam1, double J1, double moved) : lam0_(lam0), length_(lam1 - lam0) {
    const double C0 = std::max(J0, 1e-4) * std::exp(-2 * lam0), C1 = std::max(J1, 1e-4) * std::exp(-2 * lam1);
    const double a = moved * moved + 1e-6 * std::max(C0, C1);
    const double b = (C1 - C0 + a) / a, r = std::sqrt(b * b / 4 + C0 / a);
    delta2_ = 4 * r * r * a;
    const auto [m0, n0] = weights(b / 2, C0 / a, r);
    const auto [m1, n1] = weights(b / 2 - 1, C1 / a, r);
    phi0_ = std::log(m0 / n0);
    phi1_ = std::log(m1 / n1);
    slope0_ = slope(phi0_, m0 - n0, lam0);
    slope1_ = slope(phi1_, m1 - n1, lam1);
  }

  double operator()(double lam) const {
    const double t = (lam - lam0_) / length_, s = 1 - t;
    const double linear = s * phi0_ + t * phi1_;
    const double cubic =
        s * s * ((1 + 2 * t) * phi0_ + t * length_ * slope0_) + t * t * ((1 + 2 * s) * phi1_ - s * length_ * slope1_);
    const double phi = std::clamp(linear + cubic_share * (cubic - linear), -60., 60.);
    return delta2_ / 4 * std::exp(2 * lam) / std::pow(std::cosh(phi / 2), 2);
  }

 private:
  /// (r - c)/2r and (r + c)/2r, where (r - c)(r + c) = product: whichever would cancel follows from the other.
  static std::array<double, 2> weights(double c, double product, double r) {
    const double large = r + std::abs(c), small = product / large;
    return c > 0 ? std::array{small / (2 * r), large / (2 * r)} : std::array{large / (2 * r), small / (2 * r)};
  }
  /// phi' = Delta^2/sigma^2 (m - n)/2 + phi, kept monotone.
  double slope(double phi, double difference, double lam) const {
    const double rise = phi1_ - phi0_;
    const double value = delta2_ * std::exp(2 * lam) * difference / 2 + phi;
    if (value * rise <= 0) return 0;
    return std::copysign(std::min(std::abs(value), 3 * std::abs(rise) / length_), rise);
  }

  double lam0_, length_, delta2_, phi0_, phi1_, slope0_, slope1_;
};

}  // namespace

void EventDetector::reset(bool long_directions) {
  long_ = long_directions;
  has_ = level_ = sparse_ = false;
  calm_ = 0;
  nodes_.clear();
  measured_.clear();
  directions_.clear();
}

bool EventDetector::possible(double lam) const { return gate_.empty() || gate_(lam) > least_largest_J; }

bool EventDetector::due(double lam, bool last) const {
  const double since = lam - lam_;
  const double forecast = has_ ? J_ * std::exp(2 * since) : trace_bound_ * std::exp(2 * lam);
  if (last && (!has_ || J_ < .97 || calm_ > 0)) return false;
  if (level_ && since < (on_manifold_ ? manifold_level_spacing : level_spacing)) return false;
  if (open()) return since >= (on_manifold_ ? manifold_open_spacing : open_spacing) || last;
  // J is first measured before it can cross 1, so that the beginning of a window has a measurement on either side.
  if (forecast <= (has_ ? 1.1 : 1.1 * std::exp(-2 * closed_spacing)) || !possible(lam)) return false;
  if (!has_) return true;
  if (calm_ > 0 && since < std::max(calm_spacing, calm_)) return false;
  return since >= closed_spacing || (last && J_ > .97);
}

void EventDetector::node(double lam, double h, double moved, int accepted) {
  nodes_.push_back({lam, h, moved / h * std::exp(lam - .5 * h), accepted});
}

void EventDetector::measured(double J, double moved, std::span<const double> direction, double second) {
  const double lam = nodes_.back().lam;
  // In one Gaussian of width s0 the top direction has J = s0^2/(s0^2 + sigma^2): J/(1 - J) grows exactly as e^{2 dlam}.
  // In an interface, J = C/sigma^2, it grows faster.
  const double growth = has_ ? J / (1 - J) / (J_ / (1 - J_)) * std::exp(-2 * (lam - lam_)) : 0;
  const bool calm = has_ && J_ < J && J < 1 && growth > .5 && growth < 1.04;
  calm_ = calm ? calm_ + lam - lam_ : 0;
  level_ = has_ && std::abs(J - 1) < level_width && std::abs(J_ - 1) < level_width;
  keep_direction(lam, J, direction, open());
  measured_.push_back({lam, J, moved, second, static_cast<int>(nodes_.size()) - 1});
  has_ = true;
  lam_ = lam;
  J_ = J;
}

void EventDetector::at_burst(int node, double lam, double J, double moved, std::span<const double> direction) {
  keep_direction(lam, J, direction, !measured_.empty() && measured_.back().J > 1 && moved > 0);
  measured_.push_back({lam, J, moved, 0, node});
  sparse_ = true;
}

/// That at the largest J of a window.
void EventDetector::keep_direction(double lam, double J, std::span<const double> direction, bool same_window) {
  if (J <= 1 || !(long_ || direction.size() <= direction_limit)) return;
  if (!same_window || directions_.empty()) directions_.push_back({lam, 0, {}});
  if (J > directions_.back().J) directions_.back() = {lam, J, {direction.begin(), direction.end()}};
}

/// J(lam) as a polyline, fine enough for the trapezoid rule.
std::vector<EventDetector::Point> EventDetector::curve() const {
  std::vector<Point> points;
  const auto& first = measured_.front();
  for (int i = 2 * substeps; i > 0; --i) {  // J grows as e^{2 lam} before the first measurement
    const double back = 2. * i / (2 * substeps);
    points.push_back({first.lam - back, first.J * std::exp(-2 * back)});
  }
  points.push_back({first.lam, first.J});
  for (std::size_t i = 1; i < measured_.size(); ++i) {
    const auto &a = measured_[i - 1], &b = measured_[i];
    const bool far = sparse_ ? b.moved == 0 : b.node - a.node > 3;
    // Between two bursts J falls behind the one and rises before the next.
    const bool apart = sparse_ && far && !(a.J > 1 && b.J > 1 && b.lam - a.lam < one_window);
    // Far apart, or rising below 1 as within a mode: no interface was seen in between.
    const bool plain = far || (a.J < 1 && b.J < 1 && b.J >= a.J);
    const Measurement& larger = a.J > b.J ? a : b;
    const bool hill = on_manifold_ && larger.second > beside * larger.J;
    const TwoModes modes(a.lam, a.J, b.lam, b.J, b.moved);
    const double ln0 = std::log(std::max(a.J, 1e-4)), ln1 = std::log(std::max(b.J, 1e-4));
    for (int k = 1; k < substeps; ++k) {
      const double t = static_cast<double>(k) / substeps, lam = a.lam + t * (b.lam - a.lam);
      points.push_back({lam, hill    ? (1 - t) * a.J + t * b.J
                             : apart ? std::max(a.J * std::exp(-2 * (lam - a.lam)), b.J * std::exp(-2 * (b.lam - lam)))
                             : plain ? std::exp((1 - t) * ln0 + t * ln1)
                                     : modes(lam)});
    }
    points.push_back({b.lam, b.J});
  }
  return points;
}

double EventDetector::level() const { return on_manifold_ ? manifold_level : 1; }

std::vector<EventDetector::Window> EventDetector::windows(const std::vector<Point>& curve) const {
  const double level = this->level();
  std::vector<Window> found;
  bool inside = false;
  for (std::size_t i = 1; i < curve.size(); ++i) {
    const auto &a = curve[i - 1], &b = curve[i];
    const double crossing = a.lam + (level - a.J) / (b.J - a.J) * (b.lam - a.lam);
    const auto area = [](Point from, Point to) { return .5 * (from.J + to.J - 2) * (to.lam - from.lam); };
    if (!inside && b.J > level) {
      const Point enter = a.J > level ? a : Point{crossing, level};
      found.push_back({enter.lam, b.lam, area(enter, b), false});
      inside = true;
    } else if (inside) {
      Window& w = found.back();
      inside = b.J > level;
      const Point end = inside ? b : Point{crossing, level};
      w.exit = end.lam;
      w.exponent += area(a, end);
      w.closed = !inside;
    }
  }
  return found;
}

void EventDetector::log(const Window& window, const std::vector<Point>& curve, const Event& common,
                        std::vector<Event>& out) const {
  const auto at_or_after = [&](double lam) {
    const auto n = std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& q) { return q.lam >= lam; });
    return static_cast<std::size_t>(std::min(n, nodes_.end() - 1) - nodes_.begin());
  };
  const auto add = [&](EventKind kind, double lam, double low, double high, std::size_t node) -> Event& {
    Event e = common;
    e.kind = kind;
    e.lam = lam;
    e.sigma = std::exp(-lam);
    e.sigma_high = std::exp(-std::min(lam, std::max(low, nodes_.front().lam - nodes_.front().h)));
    e.sigma_low = std::exp(-std::max(lam, std::min(high, nodes_.back().lam)));
    e.exponent = window.exponent;
    e.step = nodes_[node].accepted;
    return out.emplace_back(std::move(e));
  };

  // A crossing lies between the measurements on its two sides; an exit, before J is seen below the level: where modes overlap, J falls
  // to 1 from above like 1 + const sigma^2, and between two measurements above 1 the curve may dip below.
  const auto measured_before = [&](double lam) {
    double before = sparse_ ? lam - unseen : nodes_.front().lam - nodes_.front().h;
    for (const Measurement& m : measured_)
      if (m.lam < lam && m.lam > before) before = m.lam;
    return before;
  };
  const auto measured_after = [&](double lam, double below) {
    const auto m = std::find_if(measured_.begin(), measured_.end(),
                                [&](const Measurement& n) { return n.lam >= lam && n.J < below; });
    const double after = m != measured_.end() ? m->lam : nodes_.back().lam;
    return sparse_ ? std::min(after, lam + unseen) : after;
  };

  const std::size_t q = at_or_after(window.enter);
  const double reach = std::max(nodes_[q].h, open_spacing);
  add(EventKind::enter, window.enter, std::min(window.enter - reach, measured_before(window.enter)),
      std::max(window.enter + reach, measured_after(window.enter, std::numeric_limits<double>::infinity())), q);

  // The decision: the largest |dD/dlam|/sigma among the steps that overlap the window.
  std::size_t first = nodes_.size(), last = 0, top = 0;
  for (std::size_t j = 0; j < nodes_.size(); ++j) {
    if (nodes_[j].lam <= window.enter || nodes_[j].lam - nodes_[j].h >= window.exit) continue;
    if (first == nodes_.size() || nodes_[j].speed > nodes_[top].speed) top = j;
    first = std::min(first, j);
    last = j;
  }
  if (first < nodes_.size()) {
    const double middle = nodes_[top].lam - .5 * nodes_[top].h, h = nodes_[top].h;
    double peak = middle;
    if (top > 0 && top + 1 < nodes_.size()) {  // vertex of the parabola through ln rate at three steps
      std::array<double, 3> x, y;
      for (std::size_t k = 0; k < 3; ++k) {
        const Node& n = nodes_[top + k - 1];
        x[k] = n.lam - .5 * n.h - middle;
        y[k] = std::log(n.speed + 1e-300);
      }
      const double left = (y[1] - y[0]) / (x[1] - x[0]), right = (y[2] - y[1]) / (x[2] - x[1]);
      const double curvature = (right - left) / (x[2] - x[0]);
      if (curvature < 0) peak += std::clamp(.5 * (x[0] + x[1] - left / curvature), -.75 * h, .75 * h);
    }
    peak = std::clamp(peak, window.enter, window.exit);
    const double around = std::max(h, open_spacing);  // the stages of a Runge-Kutta step may lie very close
    double low = peak - around, high = peak + around;
    for (std::size_t j = first; j <= last; ++j)
      if (nodes_[j].speed >= .7 * nodes_[top].speed) {
        low = std::min(low, nodes_[j].lam - nodes_[j].h);
        high = std::max(high, nodes_[j].lam);
      }
    Event& e = add(EventKind::speciation, peak, low, high, at_or_after(peak));
    const auto after = std::find_if(curve.begin() + 1, curve.end() - 1, [&](const Point& p) { return p.lam >= peak; });
    const Point &a = *(after - 1), &b = *after;
    e.rate = a.J + (b.J - a.J) * std::clamp((peak - a.lam) / (b.lam - a.lam), 0., 1.) - 1;
    for (const Direction& direction : directions_)
      if (direction.lam >= window.enter - 1e-9 && direction.lam <= window.exit + 1e-9) e.direction = direction.unit;
  }

  if (!window.closed) return;  // still undecided at sigma_min
  const std::size_t p = at_or_after(window.exit), next = std::min(p + 1, nodes_.size() - 1);
  const double margin = std::max(nodes_[p].h, open_spacing);
  const double before = p > 0 ? nodes_[p - 1].lam - .5 * nodes_[p - 1].h : window.exit;
  add(EventKind::exit, window.exit, std::min({window.exit - margin, before, measured_before(window.exit)}),
      std::max({window.exit + margin, nodes_[next].lam, measured_after(window.exit, level())}), p);
}

std::vector<Event> EventDetector::events(std::int64_t trajectory, const std::function<double(double)>& time,
                                         double& exponent) const {
  std::vector<Event> out;
  exponent = 0;
  if (measured_.empty()) return out;
  const auto points = curve();
  Event common;
  common.trajectory = trajectory;
  common.rate = level() - 1;
  for (const Window& window : windows(points)) {
    if (window.exponent < least_exponent) continue;
    exponent += window.exponent;
    log(window, points, common, out);
  }
  for (Event& e : out) e.time = time(e.sigma);
  return out;
}

}  // namespace shockstep
