/// One trajectory's vectors and the operations on them: the door between an algorithm and the memory in which its batch lies.
///
/// Outside this folder nobody knows where the numbers are. In the host's memory an operation is done as soon as it is asked for.
/// Elsewhere (StateBlock) the coroutine that awaits it is suspended, and all trajectories of a batch that wait for the same kind
/// of operation get it at once, as they get their evaluations of the model.
#pragma once

#include <shockstep/stepper.hpp>

#include "core/task.hpp"
#include "state/sum.hpp"

#include <algorithm>
#include <cassert>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace shockstep {

class State;

/// What correct() adds up over coordinates.
struct CorrectionSums {
  double gap2 = 0;    ///< |v_new - extrapolated v|^2, v = D or F (stepper.hpp)
  double speed2 = 0;  ///< |v|^2, v = (D_new - D)/h
  double bend2 = 0;   ///< |v - v_before|^2
  double move2 = 0;   ///< |D_new - x|^2, x the point of the evaluation
};

struct Done {};

/// An operation as its coroutine awaits it.
template <class Result>
class [[nodiscard]] Awaited {
 public:
  explicit Awaited(Result result) : result_(result) {}
  explicit Awaited(State& state) : state_(&state) {}

  bool await_ready() const { return !state_; }
  void await_suspend(std::coroutine_handle<> waiting) const;
  Result await_resume() const;

  /// For those that know the state to be in the host's memory.
  Result now() const {
    assert(!state_);
    return result_;
  }

 private:
  State* state_ = nullptr;
  Result result_{};
};

/// An operation that is not done yet.
struct Operation {
  enum class Kind : std::uint8_t { set, quotient, normalise, correct, dot, distance2, residual2, finite, write, read };
  Kind kind = Kind::set;
  Vector out = no_vector, a = no_vector, b = no_vector, c = no_vector;
  Sum sum{};
  double divisor = 1;         ///< of quotient
  double weight = 0;          ///< of correct: of the gap
  double inv_h = 0;           ///< of correct: 1/h
  double inv_age = 0;         ///< of correct: 1/(lam_0 - lam_1); 0: no second value
  double gain = 1, skip = 0;  ///< of correct: the value is gain (answer - skip point)
  Vector value = no_vector;   ///< of correct: where it goes, if it is not the answer itself
  std::span<double> host{};   ///< of write and read
};

class State {
 public:
  /// The vector that the model is asked about, and its answer D, which only the model writes.
  static constexpr Vector point{0}, answer{1};

  explicit State(std::size_t d) : d_(d) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::size_t dimension() const { return d_; }
  /// One more vector, for good; before the first operation.
  Vector make();

  // ---- Operations. Results may be among the operands.

  /// out = sum
  Awaited<Done> set(Vector out, std::span<const Term> sum);
  /// out = a
  Awaited<Done> set(Vector out, Vector a);
  /// out = (a - b)/divisor, or a/divisor for no_vector
  Awaited<Done> quotient(Vector out, Vector a, Vector b, double divisor);
  /// point = decay x + sum_k predict_k v_k, values[k] = v_k the newest first.
  Awaited<Done> predict(const MultistepWeights& weights, Vector x, const Vector* values);
  /// Where correct() finds the history and leaves what it makes.
  struct Correction {
    const Vector* values;    ///< v_k, newest first
    const Vector* denoised;  ///< D, newest first: the same vectors where D is what is interpolated
    Vector candidate;        ///< point + correct (v - sum_k extrapolate_k v_k), v = gain (answer - skip point)
    Vector value;            ///< v; no_vector where that is the answer
    Vector copy;             ///< of the answer
    double inv_h, inv_age;   ///< 1/h, 1/(lam_0 - lam_1); the latter 0: no second value
  };
  Awaited<CorrectionSums> correct(const MultistepWeights& weights, const Correction& to);
  /// Scales to length one and returns the length before; leaves zero alone.
  Awaited<double> normalise(Vector a);
  /// a.b
  Awaited<double> dot(Vector a, Vector b);
  /// (a - b).c
  Awaited<double> dot_difference(Vector a, Vector b, Vector c);
  /// |a - b|^2
  Awaited<double> distance2(Vector a, Vector b);
  /// |a - sum|^2
  Awaited<double> residual2(Vector a, std::span<const Term> sum);
  /// Whether all its numbers are.
  Awaited<bool> finite(Vector a);
  /// fill(span of d doubles) says what is in it.
  template <class Fill>
  Awaited<Done> write(Vector out, Fill&& fill) {
    if (!remote_) {
      fill(std::span<double>(at(out), d_));
      return Awaited(Done{});
    }
    staged_.resize(d_);
    fill(std::span<double>(staged_));
    return later<Done>({.kind = Operation::Kind::write, .out = out, .host = staged_});
  }
  Awaited<Done> read(Vector a, std::span<double> out);

  // ---- Evaluations

  class Evaluation {
   public:
    explicit Evaluation(State& state) : state_(state) {}
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) const { state_.waiting_ = waiting; }
    void await_resume() const { ++state_.evaluations_; }

   private:
    State& state_;
  };
  /// D(point, sigma) comes to be in `answer`.
  Evaluation evaluate(double sigma) {
    sigma_ = sigma;
    return Evaluation(*this);
  }
  /// Since the last start.
  int evaluations() const { return evaluations_; }

  // ---- For who drives the trajectory

  /// A new trajectory begins with this coroutine.
  void start(std::coroutine_handle<> coroutine) { waiting_ = coroutine, evaluations_ = 0; }
  /// Goes on to what has to be waited for next: an operation if there is one, else an evaluation at sigma().
  void resume() {
    pending_ = false;
    waiting_.resume();
  }
  /// resume() is near: what it touches first is fetched into the cache.
  void expect() const {
    fetch(this, sizeof(*this));
    fetch(waiting_.address(), frame_lines * 64);
    fetch(own_,
          std::min<std::size_t>(memory_.size() * sizeof(double), 512));  // longer vectors are read in a row anyway
  }
  /// Asks for these bytes, a line of 64 at a time.
  static void fetch(const void* begin, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(begin) + i);
  }
  double sigma() const { return sigma_; }
  /// Null: it waits for an evaluation.
  const Operation* operation() const { return pending_ ? operation_.get() : nullptr; }
  void done(const CorrectionSums& sums) { sums_ = sums; }
  void done(double value) { sums_.gap2 = value; }

  /// In the host's memory: where point and answer are from now on.
  void bind(double* point_memory, const double* answer_memory) {
    point_ = point_memory;
    answer_ = const_cast<double*>(answer_memory);  // at() is not asked for the answer in order to write
  }
  /// Somebody else keeps the vectors, 0 to vectors() - 1, and does the operations.
  void leave_to_others() {
    remote_ = true;
    memory_ = {};
    operation_ = std::make_unique<Operation>();
  }
  int vectors() const { return vectors_; }

 private:
  template <class Result>
  friend class Awaited;

  double* at(Vector v) const {
    assert(v.index >= 0 && v.index < vectors_);
    if (v.index == point.index) return point_;
    if (v.index == answer.index) return answer_;
    return own_ + static_cast<std::size_t>(v.index - 2) * d_;
  }
  template <class Result>
  Awaited<Result> later(const Operation& operation) {
    *operation_ = operation;
    pending_ = true;
    return Awaited<Result>(*this);
  }
  void result(Done&) const {}
  void result(bool& out) const { out = sums_.gap2 != 0; }
  void result(double& out) const { out = sums_.gap2; }
  void result(CorrectionSums& out) const { out = sums_; }

  static constexpr std::size_t frame_lines = 8;

  std::size_t d_;
  bool remote_ = false, pending_ = false;
  int vectors_ = 2;                                               // point and answer are not its own
  double *point_ = nullptr, *answer_ = nullptr, *own_ = nullptr;  // own_: the others, one behind the other
  std::vector<double> memory_, staged_;

  std::coroutine_handle<> waiting_;
  std::unique_ptr<Operation> operation_;
  CorrectionSums sums_;  // of the last operation; another result is in its first number
  double sigma_ = 0;
  int evaluations_ = 0;
};

template <class Result>
void Awaited<Result>::await_suspend(std::coroutine_handle<> waiting) const {
  state_->waiting_ = waiting;
}

template <class Result>
Result Awaited<Result>::await_resume() const {
  Result out = result_;
  if (state_) state_->result(out);
  return out;
}

// In line: of a few coordinates they take less time than a call.

inline Awaited<Done> State::set(Vector out, Vector a) {
  if (remote_) return set(out, 1 * a);
  std::copy_n(at(a), d_, at(out));
  return Awaited(Done{});
}

inline Awaited<double> State::dot(Vector a, Vector b) {
  if (remote_) return later<double>({.kind = Operation::Kind::dot, .a = a, .c = b});
  const double *left = at(a), *right = at(b);
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < d_; ++i) sum += left[i] * right[i];
  return Awaited(sum);
}

inline Awaited<double> State::dot_difference(Vector a, Vector b, Vector c) {
  if (remote_) return later<double>({.kind = Operation::Kind::dot, .a = a, .b = b, .c = c});
  const double *left = at(a), *less = at(b), *right = at(c);
  double sum = 0;
  for (std::size_t i = 0; i < d_; ++i) sum += (left[i] - less[i]) * right[i];
  return Awaited(sum);
}

inline Awaited<double> State::distance2(Vector a, Vector b) {
  if (remote_) return later<double>({.kind = Operation::Kind::distance2, .a = a, .b = b});
  const double *left = at(a), *right = at(b);
  double sum = 0;
  for (std::size_t i = 0; i < d_; ++i) sum += (left[i] - right[i]) * (left[i] - right[i]);
  return Awaited(sum);
}

inline Awaited<bool> State::finite(Vector a) {
  if (remote_) return later<bool>({.kind = Operation::Kind::finite, .a = a});
  const double* from = at(a);
  double sum = 0;  // infinities and NaN survive multiplication by zero
  for (std::size_t i = 0; i < d_; ++i) sum += from[i] * 0;
  return Awaited(sum == 0);
}

}  // namespace shockstep
