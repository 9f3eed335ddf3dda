#include "burgers/jacobian_product.hpp"

#include <shockstep/random.hpp>

#include <algorithm>
#include <cmath>
#include <span>

namespace shockstep {
namespace {

constexpr double longest_difference = .5;  // in units of sigma

}  // namespace

Task<double> jacobian_product(State& state, ProbedPoint at, Vector v, Vector out, double shortest) {
  const double offset = co_await state.dot_difference(at.corrected, at.predicted, v);
  const double epsilon =
      std::copysign(std::clamp(2 * std::abs(offset), shortest * at.sigma, longest_difference * at.sigma), offset);
  co_await state.set(State::point, at.predicted + epsilon * v);
  co_await state.evaluate(at.sigma);
  co_await state.quotient(out, State::answer, at.D, epsilon);
  co_return offset;
}

Awaited<Done> write_random_direction(State& state, Vector out, std::int64_t trajectory, std::uint64_t number) {
  return state.write(out, [&](std::span<double> numbers) {
    fill_uniform(numbers, 0, Stream::direction, static_cast<std::uint64_t>(trajectory), number);
  });
}

}  // namespace shockstep
