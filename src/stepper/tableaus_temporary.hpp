#pragma once
#include <shockstep/method.hpp>
#include "stepper/tableau.hpp"
namespace shockstep {
const Tableau& tableau_of(Method method);
}
