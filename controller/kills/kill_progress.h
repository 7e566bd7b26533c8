// What is known of the tasks of one kill, from Marathon's answer, its events
// and its later listings. A state machine without I/O; owned by one Kill.

#ifndef SUNDER_CONTROLLER_KILLS_KILL_PROGRESS_H_
#define SUNDER_CONTROLLER_KILLS_KILL_PROGRESS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/discovery/marathon_answers.h"
#include "controller/discovery/marathon_json.h"
#include "controller/kills/messages.h"
#include "controller/planner/victims.h"

namespace sunder::controller {

class KillProgress {
 public:
  explicit KillProgress(const Victims& victims);

  // Marathon answered the request, or its answer was lost for `why`: then each
  // task may or may not be dying.
  void Answered(const KillAnswer& answer);
  void AnswerLost(const std::string& why);

  // Whatever Marathon says after the request went out. `listing` is of the app
  // `app`; nullptr: Marathon has no such app.
  void Happened(const TaskEvent& event, absl::Time now);
  void Listed(const std::string& app, const MarathonContent* listing,
              absl::Time now);

  // True where nothing more is to come.
  bool Done() const { return WaitingApps().empty(); }
  // The apps of the tasks that nothing has confirmed yet.
  std::set<std::string> WaitingApps() const;

  // In the order of the victims: chosen and refused by task id.
  const controller::v1::KillTasksResponse& response() const {
    return response_;
  }

 private:
  void Confirm(controller::v1::KilledTask& task, const std::string& reason,
               absl::Time now);

  controller::v1::KillTasksResponse response_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_KILLS_KILL_PROGRESS_H_
