#include "base/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace introspectd::base {

void KeepSecretsInside() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

}  // namespace introspectd::base
