#include <shockstep/event.hpp>
#include <shockstep/method.hpp>
#include <shockstep/result.hpp>

namespace shockstep {

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::enter: return "enter";
    case EventKind::speciation: return "speciation";
    case EventKind::exit: return "exit";
  }
  return "";
}

std::string_view name(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::budget: return "budget";
    case Status::non_finite: return "non_finite";
    case Status::failed: return "failed";
    case Status::interrupted: return "interrupted";
  }
  return "";
}

std::string_view name(Method method) {
  switch (method) {
    case Method::multistep: return "multistep";
    case Method::dopri5: return "dopri5";
    case Method::cash_karp54: return "cash_karp54";
    case Method::fehlberg78: return "fehlberg78";
    case Method::bogacki_shampine: return "bogacki_shampine";
  }
  return "";
}

std::optional<Method> method_named(std::string_view text) {
  for (const Method method :
       {Method::multistep, Method::dopri5, Method::cash_karp54, Method::fehlberg78, Method::bogacki_shampine})
    if (name(method) == text) return method;
  return std::nullopt;
}

}  // namespace shockstep
