// Entry point of the IOCP engine.
#pragma once

#include "serve/engines/engines.h"

namespace sockbox::serve {

net::Status serve_with_iocp(Service& service, Listeners&& listeners);

}  // namespace sockbox::serve
