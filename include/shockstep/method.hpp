/// Which equation is integrated, and which method makes its steps.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shockstep {

/// The probability-flow ODE, dx/dlam = D(x, e^-lam) - x or dx/dsigma = (x - D(x, sigma))/sigma, or the reverse SDE
///   dx = (1 + eta)(D - x) dlam + sqrt(2 eta) sigma dW,
/// which has the same distribution at every sigma: Song et al. 2021 (arXiv 2011.13456), eq. 6, in these variables at
/// eta = 1.
enum class Dynamics {
  ode,  ///< the probability flow
  sde,  ///< the reverse SDE
};

/// A sampling method, known by its name: those that programs name most are constants here, every one is
/// method_named(). `shockstep info` lists them all, docs/methods.md says which implementation each agrees with.
class Method {
 public:
  // These choose their own steps, or take them from a grid (FixedSteps); all but the first are Runge-Kutta methods with
  // an embedded error, and their evaluations are those of an accepted step, the value of D at its end included.
  static const Method multistep;         ///< exponential multistep, order set by SamplerOptions::order; 1 evaluation
  static const Method dopri5;            ///< Dormand & Prince 1980, order 5(4); 6 evaluations
  static const Method cash_karp54;       ///< Cash & Karp 1990, order 5(4); 6 evaluations
  static const Method fehlberg78;        ///< Fehlberg 1968, order 8(7); 13 evaluations
  static const Method bogacki_shampine;  ///< Bogacki & Shampine 1989, order 3(2); 3 evaluations

  // Published samplers, which need a grid.
  static const Method euler;     ///< in sigma, which is DDIM; 1 evaluation
  static const Method heun;      ///< Karras et al. 2022, algorithm 1; order 2, 2 evaluations
  static const Method dpmpp_2m;  ///< DPM-Solver++(2M), Lu et al. 2022 (arXiv 2211.01095), algorithm 2; 1 evaluation
  static const Method dpmpp_3m;  ///< the same with three values of D
  static const Method unipc;  ///< Zhao et al. 2023 (arXiv 2302.04867), corrected by the next evaluation; 1 evaluation
  static const Method deis;   ///< Zhang & Chen 2023 (arXiv 2204.13902), the noise a polynomial in ln sigma
  static const Method lms;    ///< the same, in sigma: Adams and Bashforth on a grid; 1 evaluation

  // Of the reverse SDE, which multistep solves too; 1 evaluation.
  static const Method ancestral;     ///< Ho et al. 2020 (arXiv 2006.11239), with DDIM's eta (arXiv 2010.02502, eq. 16)
  static const Method dpmpp_2m_sde;  ///< DPM-Solver++(2M) for it: Lu et al. 2022 (arXiv 2211.01095)
  static const Method dpmpp_3m_sde;  ///< the same with three values of D, as in k-diffusion

  /// Of the ODE, a program's own, which no config can name: SamplerOptions::own on a grid, own_adaptive without.
  static const Method own;

  /// Whether it is the same method.
  friend constexpr bool operator==(Method, Method) = default;

 private:
  friend constexpr std::string_view name(Method method);
  friend std::optional<Method> method_named(std::string_view name);
  friend std::string method_list(bool (*which)(Method));
  constexpr explicit Method(std::string_view name) : name_(name) {}

  std::string_view name_;
};

inline constexpr Method Method::multistep{"multistep"};
inline constexpr Method Method::dopri5{"dopri5"};
inline constexpr Method Method::cash_karp54{"cash_karp54"};
inline constexpr Method Method::fehlberg78{"fehlberg78"};
inline constexpr Method Method::bogacki_shampine{"bogacki_shampine"};
inline constexpr Method Method::euler{"euler"};
inline constexpr Method Method::heun{"heun"};
inline constexpr Method Method::dpmpp_2m{"dpmpp_2m"};
inline constexpr Method Method::dpmpp_3m{"dpmpp_3m"};
inline constexpr Method Method::unipc{"unipc"};
inline constexpr Method Method::deis{"deis"};
inline constexpr Method Method::lms{"lms"};
inline constexpr Method Method::ancestral{"ancestral"};
inline constexpr Method Method::dpmpp_2m_sde{"dpmpp_2m_sde"};
inline constexpr Method Method::dpmpp_3m_sde{"dpmpp_3m_sde"};
inline constexpr Method Method::own{"own"};

/// As a config writes it.
constexpr std::string_view name(Method method) { return method.name_; }
/// The method of that name; none if there is no such method.
std::optional<Method> method_named(std::string_view name);

/// "a, b, c": those for which `which` holds, of the methods that a config can name.
std::string method_list(bool (*which)(Method));

/// Whether the method integrates that equation: multistep both, all others one.
bool solves(Method method, Dynamics dynamics);
/// Whether the method can choose its own steps; the others need SamplerOptions::steps.
bool is_adaptive(Method method);
/// Whether it is a Runge-Kutta method, which takes several evaluations a step.
bool is_runge_kutta(Method method);

/// What SamplerOptions::order may be for the method, and what 0 stands for on a grid that is long enough; `most` is 0
/// if the method has one order only.
struct Orders {
  int most = 0;   ///< largest; 0: SamplerOptions::order must be 0
  int usual = 0;  ///< what 0 stands for; of an adaptive multistep where no pilot chooses; 0 of heun and Runge-Kutta
};
/// The orders of a method for that equation: of the multistep on the reverse SDE 3 at most, since D is as rough as
/// the path.
Orders orders(Method method, Dynamics dynamics = Dynamics::ode);

}  // namespace shockstep
