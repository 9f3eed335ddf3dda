/// Vectors by name, and sums of their multiples.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <span>

namespace shockstep {

/// Names one of a trajectory's vectors of d numbers, wherever these are.
struct Vector {
  int index;
};
/// In place of an operand that is not wanted.
inline constexpr Vector no_vector{-1};

struct Term {
  double weight;
  Vector v;
};

/// sum_k weight_k v_k, added in this order; as long as the formula that it is written as, since coroutines keep it in their frames.
template <std::size_t N>
using Terms = std::array<Term, N>;

inline Terms<1> operator*(double weight, Vector v) { return {Term{weight, v}}; }
inline Terms<2> operator-(Vector a, Vector b) { return {Term{1, a}, Term{-1, b}}; }
inline Terms<2> operator+(Vector a, Vector b) { return {Term{1, a}, Term{1, b}}; }
inline Terms<2> operator+(Vector a, const Terms<1>& b) { return {Term{1, a}, b[0]}; }

/// The same of any length.
class Sum {
 public:
  static constexpr int most = 16;  // the state and the stages of the longest Runge-Kutta method

  Sum() {}
  explicit Sum(std::span<const Term> terms) {
    for (const Term& term : terms) add(term.weight, term.v);
  }
  Sum(const Sum& other) : Sum(std::span<const Term>(other)) {}
  Sum& operator=(const Sum& other) {
    count_ = 0;
    for (const Term& term : std::span<const Term>(other)) add(term.weight, term.v);
    return *this;
  }

  Sum& add(double weight, Vector v) {
    assert(count_ < most);
    terms_[static_cast<std::size_t>(count_++)] = {weight, v};
    return *this;
  }
  operator std::span<const Term>() const {  // NOLINT(google-explicit-constructor): that is what it is
    return {terms_.data(), static_cast<std::size_t>(count_)};
  }

 private:
  int count_ = 0;
  std::array<Term, most> terms_;  // beyond count_ nothing is set
};

}  // namespace shockstep
