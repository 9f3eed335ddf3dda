# pip installs the module into an empty folder, from where it samples.
file(REMOVE_RECURSE ${SITE})

include(${CMAKE_CURRENT_LIST_DIR}/command.cmake)

run(${PYTHON} -m pip install --no-deps --target ${SITE} ${SOURCE})
file(GLOB installed RELATIVE ${SITE} ${SITE}/*)
set(expected shockstep shockstep-${VERSION}.dist-info)
if(NOT installed STREQUAL expected)
  message(FATAL_ERROR "installed: ${installed}; expected: ${expected}")
endif()
run(${CMAKE_COMMAND} -E env --unset=LD_LIBRARY_PATH PYTHONPATH=${SITE} ${PYTHON} -c "import shockstep
result = shockstep.sample(shockstep.GaussianMixture(means=[[-1.0], [1.0]], std=0.1), count=8)
assert result.status == ['ok'] * 8 and shockstep.__file__.startswith('${SITE}')
print(shockstep.__version__)")
string(STRIP "${output}" output)
if(NOT output STREQUAL VERSION)
  message(FATAL_ERROR "shockstep.__version__ is ${output}, expected ${VERSION}")
endif()
