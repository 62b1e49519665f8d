// Options with which programs that exchange their own messages cannot work.
#pragma once

#include "option/option.h"

namespace sockbox::net {

// Fails with the reason if a program that sends and receives messages through the socket must not
// set this: see OptionRow::conflict. A value that turns the option off is always accepted.
Status check_conflict(const Setting& setting);

// The same for all options of a socket that another program has set up.
Status check_conflicts(const Socket& socket);

}  // namespace sockbox::net
