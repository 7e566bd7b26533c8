// What a person should know of a plan besides what it drops: who else is hit,
// and what is not.

#ifndef SUNDER_CONTROLLER_PLANNER_NOTES_H_
#define SUNDER_CONTROLLER_PLANNER_NOTES_H_

#include <map>
#include <string>
#include <vector>

#include "controller/planner/division.h"
#include "controller/planner/place.h"

namespace sunder::controller {

std::vector<std::string> NotesOn(
    const TopologyIndex& topology, const Scopes& scopes,
    const Division& division, const std::map<int, std::vector<Place>>& places);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_NOTES_H_
