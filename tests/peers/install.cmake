# Installs into PLACE what its package-lock.json names: those versions and no others, with their
# hashes, and without running anything that they bring. Once; it is quick when that is done.

set(node_major_min 18) # Debian 12's

function(require_program name)
  execute_process(COMMAND ${name} --version
    OUTPUT_VARIABLE version ERROR_VARIABLE ignored RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "peers: ${name} is missing: tools/install-deps --tests")
  endif()
  string(STRIP "${version}" version)
  set(${name}_version ${version} PARENT_SCOPE)
endfunction()

require_program(node)
string(REGEX MATCH "[0-9]+" node_major ${node_version})
if(node_major LESS node_major_min)
  message(FATAL_ERROR "peers: node is ${node_version}, and has to be ${node_major_min} or newer")
endif()

file(SHA256 ${PLACE}/package-lock.json wanted)
set(stamp ${PLACE}/installed)
if(EXISTS ${stamp})
  file(READ ${stamp} installed)
endif()
if("${installed}" STREQUAL "${wanted}")
  return()
endif()

require_program(npm)
file(REMOVE ${stamp})
# What another build directory has fetched is in npm's own cache and needs no network.
execute_process(
  COMMAND npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --no-update-notifier
          --fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000
  WORKING_DIRECTORY ${PLACE}
  OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result TIMEOUT 240)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "peers: npm could not install jose and oidc-provider, which tests need. The "
                      "first time in a home directory it asks the registry of npm: is there a "
                      "network? It said (${result}):\n${output}")
endif()
file(WRITE ${stamp} ${wanted})
