# Installs into an empty folder, then builds and runs the consumer against what is installed and nothing else.
file(REMOVE_RECURSE ${WORK})

include(${CMAKE_CURRENT_LIST_DIR}/command.cmake)

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/consumer -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/consumer)
run(${WORK}/consumer/consumer)
message(STATUS "${output}")

# The same program with the sources in its build. Flags are those of the build above and the folder lies as deep, so that a
# compiler cache has the objects.
set(fetched ${CMAKE_CURRENT_LIST_DIR}/../../build-fetched)
file(REMOVE_RECURSE ${fetched})
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/fetched -B ${fetched} -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -DTorch_DIR=${TORCH} -DSHOCKSTEP_WERROR=ON)
run(${CMAKE_COMMAND} --build ${fetched} --parallel 2)
run(${fetched}/consumer)
file(GLOB extra ${fetched}/shockstep* ${fetched}/_deps/shockstep-build/*yaml*)
list(FILTER extra EXCLUDE REGEX "shockstep\\.pc$")
if(extra)
  message(FATAL_ERROR "A project that includes this one builds more than the libraries: ${extra}")
endif()

# The same program without CMake.
find_program(PKG_CONFIG NAMES pkg-config pkgconf)
if(PKG_CONFIG)
  file(GLOB_RECURSE pc ${WORK}/prefix/*/shockstep.pc)
  cmake_path(GET pc PARENT_PATH pc_folder)
  set(ENV{PKG_CONFIG_PATH} ${pc_folder})
  run(${PKG_CONFIG} --exact-version=${VERSION} shockstep)
  run(${PKG_CONFIG} --cflags --libs shockstep)
  separate_arguments(flags UNIX_COMMAND "${output}")
  run(${COMPILER} -std=c++20 ${CMAKE_CURRENT_LIST_DIR}/main.cpp -o ${WORK}/by_pkg_config ${flags})
  run(${WORK}/by_pkg_config)
else()
  message(STATUS "pkg-config is not installed: shockstep.pc is not tried")
endif()

# The examples, from the same folder.
set(examples ${CMAKE_CURRENT_LIST_DIR}/../../tools/examples/cpp)
run(${CMAKE_COMMAND} -S ${examples} -B ${WORK}/examples -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/examples)
function(expect text)
  run(${ARGN})
  if(NOT output MATCHES "${text}")
    message(FATAL_ERROR "${ARGN}: expected ${text}, got\n${output}")
  endif()
endfunction()
expect("[1-9][0-9]* of 1000 trajectories were in doubt" ${WORK}/examples/from_a_lambda)
expect("16 images" ${WORK}/examples/from_a_file ${CMAKE_CURRENT_LIST_DIR}/../../models/digits.pt)
expect("1[0-9][0-9] done, [1-9][0-9]* given up" ${WORK}/examples/cancel)
expect("to (-1|0\\.9|1)" ${WORK}/examples/odeint)
expect("to the last bit" ${WORK}/examples/threads)
# docs/extend.md: each fails by itself where its own part is no good.
expect("a circle of radius 1" ${WORK}/examples/own_model)
expect("the method of this file" ${WORK}/examples/own_method)
expect("500 trajectories, [0-9.]+ evaluations and [1-9]" ${WORK}/examples/own_adaptive)
expect("sampler: {steps: {sigmas: \\[20, .*0\\.002\\]}}" ${WORK}/examples/own_schedule)

if(NOT EXISTS ${WORK}/prefix/share/man/man1/shockstep.1)
  message(FATAL_ERROR "no man page")
endif()
# The installed program finds Torch's libraries by itself.
run(${CMAKE_COMMAND} -E env --unset=LD_LIBRARY_PATH ${WORK}/prefix/bin/shockstep --version)
string(FIND "${output}" "${VERSION}" found)
if(found EQUAL -1)
  message(FATAL_ERROR "shockstep --version does not say ${VERSION}: ${output}")
endif()
