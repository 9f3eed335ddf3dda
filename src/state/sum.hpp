/// Vectors by name, and sums of their multiples.
#pragma once

#include <array>
#include <cassert>

namespace shockstep {

/// Names one of a trajectory's vectors of d numbers, wherever these are.
struct Vector {
  int index = -1;
  bool operator==(const Vector&) const = default;
};

/// sum_k weight_k v_k, added in this order.
class Sum {
 public:
  static constexpr int most = 16;  // the state and the stages of the longest Runge-Kutta method

  Sum() = default;
  Sum(Vector v) { add(1, v); }  // NOLINT(google-explicit-constructor): a vector is a sum
  Sum(const Sum& other) : count_(other.count_) {
    for (int k = 0; k < count_; ++k) weights_[k] = other.weights_[k], vectors_[k] = other.vectors_[k];
  }
  Sum& operator=(const Sum& other) {
    count_ = other.count_;
    for (int k = 0; k < count_; ++k) weights_[k] = other.weights_[k], vectors_[k] = other.vectors_[k];
    return *this;
  }

  Sum& add(double weight, Vector v) {
    assert(count_ < most);
    weights_[count_] = weight, vectors_[count_] = v;
    ++count_;
    return *this;
  }

  int count() const { return count_; }
  double weight(int k) const { return weights_[k]; }
  Vector vector(int k) const { return vectors_[k]; }

 private:
  int count_ = 0;
  std::array<double, most> weights_;  // those past `count` are not set
  std::array<Vector, most> vectors_;
};

inline Sum operator*(double weight, Vector v) { return Sum().add(weight, v); }
inline Sum operator+(Sum a, const Sum& b) {
  for (int k = 0; k < b.count(); ++k) a.add(b.weight(k), b.vector(k));
  return a;
}
inline Sum operator-(Vector a, Vector b) { return Sum(a).add(-1, b); }

}  // namespace shockstep
