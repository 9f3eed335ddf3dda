#include "burgers/burst_probe.hpp"

#include "burgers/jacobian_product.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace shockstep {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Chosen on seeded mixtures (docs/events.md). A peak of |w|/sigma is measured from `screen` on; in one dimension nothing is the bulk's
// alone, and decisions move D less.
constexpr double screen = .9, screen_in_one = .1;
// A later one, if the path was calm in between or it is higher; much lower ones are ripples of the same decision.
constexpr double calm = .75, higher = 1.5, ripple = .5;
constexpr int most_peaks = 4, most_products = 8;
constexpr double no_interface = 1.3;  // J at the peak below which its neighbours are not measured
constexpr double missing = .5;        // second product: from this residual on, over what J lacks
constexpr int few_dimensions = 3;     // in which it is made anyway, and sees every direction
constexpr double random_share = .1;   // of its direction
constexpr int most_steps = 3;         // of a walk, to either side
constexpr double stride = .2;         // of a walk, in lam
// Towards larger sigma J falls as sigma^-2 at least, on average: nodes before the peak are measured while that leaves so much of it, or
// where the burst is on already.
constexpr double before_J = .8, before_burst = .5;

}  // namespace

BurstProbe::BurstProbe(State& state, std::function<bool(double lam)> allowed)
    : state_(state),
      allowed_(std::move(allowed)),
      direction_(state.make()),
      product_(state.make()),
      first_direction_(state.make()),
      first_product_(state.make()),
      scratch_(state.make()),
      before_(state.make()),
      behind_(state.make()) {
  for (Slot& s : slots_)
    s.predicted = state.make(), s.corrected = state.make(), s.D = state.make(), s.denoised = state.make();
}

void BurstProbe::restart(std::int64_t trajectory) {
  trajectory_ = trajectory;
  nodes_ = peaks_ = products_ = 0;
  last_peak_ = -1;
  lowest_ = infinity, highest_ = 0;
  bursts_.clear();
  measured_.clear();
  walk_.reset();
}

double BurstProbe::burst_of(int step) const {
  return step >= 0 && step < steps() ? bursts_[static_cast<std::size_t>(step)] : 0;
}

bool BurstProbe::is_measured(int node) const {
  return std::ranges::any_of(measured_, [&](const Measurement& m) { return m.node == node; });
}

Task<> BurstProbe::node(double lam, double sigma, Vector predicted, Vector corrected, Vector D) {
  Slot& b = slot(nodes_);
  b.lam = lam, b.sigma = sigma;
  co_await state_.set(b.predicted, predicted);
  co_await state_.set(b.corrected, corrected);
  co_await state_.set(b.D, D);
  co_await state_.set(b.denoised, D);
  if (nodes_++ == 0) co_return;
  // The J of the bulk carries D from the predicted point to the corrected one.
  const Slot& a = slot(nodes_ - 2);
  const std::array mean{Term{.5, a.D}, Term{-.5, a.predicted}, Term{.5, b.D}, Term{-.5, b.predicted}};
  co_await state_.set(scratch_, mean);
  const double along = co_await state_.dot_difference(b.D, a.D, scratch_);
  const double size2 = co_await state_.dot(scratch_, scratch_);
  const double bulk = size2 > 0 ? std::clamp(-along / (lam - a.lam) / size2, 0., 1.) : 0;
  const std::array carried{Term{1, b.D}, Term{bulk, b.corrected}, Term{-bulk, b.predicted}};
  co_await state_.set(b.denoised, carried);
  bursts_.push_back(co_await project(nodes_ - 2));
}

/// |w|/sigma of the step from this node; w goes to direction_.
Task<double> BurstProbe::project(int step) {
  const Slot &a = slot(step), &b = slot(step + 1);
  const double to_a = std::exp(a.lam), to_b = std::exp(b.lam);
  co_await state_.quotient(direction_, b.denoised, a.denoised, b.lam - a.lam);
  const std::array pull{Term{to_b, b.denoised}, Term{-to_b, b.corrected}, Term{to_a, a.denoised},
                        Term{-to_a, a.corrected}};
  co_await state_.set(scratch_, pull);
  const double along = co_await state_.dot(direction_, scratch_), size2 = co_await state_.dot(scratch_, scratch_);
  if (along < 0 && size2 > 0) co_await state_.set(direction_, direction_ + -along / size2 * scratch_);
  const double w2 = co_await state_.dot(direction_, direction_);
  co_return std::sqrt(w2) * std::exp(.5 * (a.lam + b.lam));
}

Task<> BurstProbe::measure(bool last, int& evaluations) {
  if (walk_) co_await walk_behind(last, evaluations);
  // The step before the last one, which that shows to be a peak; at the end the last one too.
  for (int step = std::max(0, steps() - 2); step < (last ? steps() : steps() - 1); ++step) {
    if (!peaks(step) || !allowed_(slot(step).lam)) continue;
    walk_.reset();
    co_await measure_peak(step, evaluations);
    if (!walk_) continue;
    co_await walk_behind(last, evaluations);
    co_await walk_before(evaluations);
  }
}

/// Whether the step is a peak worth measuring.
bool BurstProbe::peaks(int step) {
  const double here = burst_of(step);
  lowest_ = std::min(lowest_, here);
  const bool one = state_.dimension() == 1;
  if (here < (one ? screen_in_one : screen) || burst_of(step - 1) > here || burst_of(step + 1) >= here) return false;
  if (peaks_ >= most_peaks || products_ >= most_products || is_measured(step)) return false;
  if (last_peak_ >= 0) {
    const double before = burst_of(last_peak_);
    if (lowest_ >= calm * std::min(before, here) && here <= higher * before) return false;
    if (!one && here < ripple * highest_) return false;
  }
  last_peak_ = step, lowest_ = infinity, highest_ = std::max(highest_, here);
  ++peaks_;
  return true;
}

/// J at the node that the step begins with, and a walk if that is in an interface.
Task<> BurstProbe::measure_peak(int step, int& evaluations) {
  co_await project(step);
  co_await state_.normalise(direction_);
  Product product = co_await this->product(step, evaluations);
  if (!std::isfinite(product.length) || product.length == 0) co_return;
  // A trajectory midway between two modes moves at right angles to the line between them.
  const double residual = std::sqrt(std::max(0., product.length * product.length - product.theta * product.theta));
  const auto d = static_cast<int>(state_.dimension());
  if (product.J() < no_interface && d > 1 && products_ < most_products &&
      (d <= few_dimensions || residual > missing * std::max(no_interface - product.theta, 0.)))
    product = co_await second_product(step, product, evaluations);
  if (!std::isfinite(product.length) || product.length == 0) co_return;
  const double J = product.J();
  co_await keep(step, J, product.length, 0);
  if (J < no_interface) co_return;
  co_await state_.set(before_, product_);
  co_await state_.set(behind_, product_);
  walk_ = Walk{step, step, step, J, J};
}

/// Nodes behind the burst while J > 1. The walk stays open for those that are not there yet.
Task<> BurstProbe::walk_behind(bool last, int& evaluations) {
  for (Walk& w = *walk_; w.J_behind > 1 && w.steps_behind < most_steps && products_ < most_products;) {
    int next = w.behind + 1;
    if (is_measured(next) || w.behind < nodes_ - kept) break;
    while (next + 1 < nodes_ && slot(next).lam - slot(w.behind).lam < stride) ++next;
    if (next >= nodes_ || (!last && slot(next).lam - slot(w.behind).lam < stride)) co_return;
    co_await state_.set(direction_, behind_);
    const Product p = co_await product(next, evaluations);
    if (!std::isfinite(p.length) || p.length == 0) break;
    co_await state_.quotient(behind_, product_, no_vector, p.length);
    const double moved = co_await motion(w.behind, next, behind_);
    co_await keep(next, p.J(), p.length, moved);
    w.behind = next, w.J_behind = p.J(), ++w.steps_behind;
  }
  walk_->J_behind = 0;  // it ends
}

Task<> BurstProbe::walk_before(int& evaluations) {
  const int oldest = std::max(0, nodes_ - kept);
  for (Walk& w = *walk_; w.J_before > 1 && w.steps_before < most_steps && products_ < most_products;) {
    int next = w.before - 1;
    while (next > oldest && slot(w.before).lam - slot(next).lam < stride) --next;
    if (next < oldest || is_measured(next)) break;
    const double length = slot(w.before).lam - slot(next).lam;
    if (w.J_before * std::exp(-2 * length) <= before_J && burst_of(next) <= before_burst * burst_of(w.peak)) break;
    co_await state_.set(direction_, before_);
    const Product p = co_await product(next, evaluations);
    if (!std::isfinite(p.length) || p.length == 0) break;
    const double moved = co_await motion(next, w.before, before_);
    std::ranges::find(measured_, w.before, &Measurement::node)->moved = moved;
    co_await state_.quotient(before_, product_, no_vector, p.length);
    co_await keep(next, p.J(), p.length, 0);
    w.before = next, w.J_before = p.J(), ++w.steps_before;
  }
}

/// J e at the node, e = direction_; goes to product_.
Task<BurstProbe::Product> BurstProbe::product(int node, int& evaluations) {
  const Slot& s = slot(node);
  co_await jacobian_product(state_, {s.predicted, s.corrected, s.D, s.sigma}, direction_, product_,
                            shortest_difference);
  ++evaluations, ++products_;
  const double theta = co_await state_.dot(direction_, product_), length2 = co_await state_.dot(product_, product_);
  co_return Product{theta, std::sqrt(length2)};
}

/// One more, at right angles to the first along what that left over and a little of a random direction; of the two the top pair.
Task<BurstProbe::Product> BurstProbe::second_product(int node, Product first, int& evaluations) {
  co_await state_.set(first_direction_, direction_);
  co_await state_.set(first_product_, product_);
  co_await write_random_direction(state_, scratch_, trajectory_, static_cast<std::uint64_t>(node));
  const double share = random_share / std::sqrt(static_cast<double>(state_.dimension()));
  const std::array rest{Term{1, first_product_}, Term{-first.theta, first_direction_}, Term{share, scratch_}};
  co_await state_.set(direction_, rest);
  const double back = co_await state_.dot(direction_, first_direction_);
  co_await state_.set(direction_, direction_ + -back * first_direction_);
  if (co_await state_.normalise(direction_) == 0) co_return first;
  const Product second = co_await product(node, evaluations);
  const double above = co_await state_.dot(first_product_, direction_),
               below = co_await state_.dot(first_direction_, product_);
  const double cross = .5 * (above + below), angle = .5 * std::atan2(2 * cross, first.theta - second.theta);
  const double c = std::cos(angle), s = std::sin(angle);
  const std::array top{Term{c, first_product_}, Term{s, product_}};
  co_await state_.set(product_, top);
  const double length2 = co_await state_.dot(product_, product_);
  co_return Product{c * c * first.theta + 2 * c * s * cross + s * s * second.theta, std::sqrt(length2)};
}

/// Of D between two nodes.
Task<double> BurstProbe::motion(int from, int to, Vector along) {
  co_return std::abs(co_await state_.dot_difference(slot(to).denoised, slot(from).denoised, along));
}

/// product_ becomes the direction.
Task<> BurstProbe::keep(int node, double J, double length, double moved) {
  co_await state_.quotient(product_, product_, no_vector, length);
  Measurement m{node, slot(node).lam, J, moved, std::vector<double>(state_.dimension())};
  co_await state_.read(product_, m.direction);
  measured_.push_back(std::move(m));
}

}  // namespace shockstep
