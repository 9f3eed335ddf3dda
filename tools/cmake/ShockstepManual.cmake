# Writes the man page from the program's own help, so that there is one text:
#   cmake -DPROGRAM=build/shockstep -DVERSION=0.1.0 -DOUTPUT=shockstep.1 -P ShockstepManual.cmake

# help(COMMAND...): what --help says, into `text`, as roff takes it literally.
function(help)
  execute_process(COMMAND ${PROGRAM} ${ARGV} --help OUTPUT_VARIABLE text RESULT_VARIABLE status)
  if(status)
    message(FATAL_ERROR "${PROGRAM} ${ARGV} --help: ${status}")
  endif()
  string(REPLACE "\\" "\\e" text "${text}")
  string(REPLACE "-" "\\-" text "${text}")
  string(REGEX REPLACE "(^|\n)([.'])" "\\1\\\\&\\2" text "${text}")
  string(STRIP "${text}" text)
  set(text "${text}" PARENT_SCOPE)
endfunction()

help()
string(REGEX MATCH "Subcommands:\n(.*)\n\nExample" found "${text}")
string(REGEX MATCHALL "(^|\n)  [a-z]+ " commands "\n${CMAKE_MATCH_1}")
set(page ".TH SHOCKSTEP 1 \"\" \"shockstep ${VERSION}\" \"User Commands\"
.SH NAME
shockstep \\- adaptive sampler for diffusion, score and flow\\-matching models
.SH SYNOPSIS
.B shockstep
.I COMMAND
[\\fIOPTIONS\\fR] [\\fICONFIG\\fR]
.SH DESCRIPTION
.nf
${text}
.fi
")
foreach(command ${commands})
  string(STRIP "${command}" command)
  help(${command})
  string(TOUPPER ${command} title)
  string(APPEND page ".SH ${title}\n.nf\n${text}\n.fi\n")
endforeach()
string(APPEND page ".SH EXIT STATUS
.nf
0    done
2    usage or config
3    the model does not load or fit
4    some trajectories are non_finite or failed, or a claim of paper fails
5    a file cannot be read or written
130  interrupted: by Ctrl\\-C, SIGTERM or \\-\\-time\\-limit, which keep what is done
.fi
.SH ENVIRONMENT
.TP
.B SHOCKSTEP_CACHE
folder of measured profiles and fitted schedules, in place of ~/.cache/shockstep; off keeps nothing
")
file(WRITE ${OUTPUT} "${page}")
