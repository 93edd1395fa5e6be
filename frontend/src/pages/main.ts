/** What every page does: grow its frame, write times for the reader, load fragments. */
import { installAwaiting } from "./awaiting";
import { growFrame } from "./frame";
import { installFragments } from "./fragments";
import { installOwnZone } from "./own_zone";
import { installUtcFields } from "./utc_fields";
import { installChoices } from "./choices";
import { letScrollByKeyboard } from "./scrolling";
import { installSums } from "./sums";
import { installUnread } from "./unread";
import { showLocalTimes } from "../shared/times";

growFrame();
installFragments();
showLocalTimes(document);
letScrollByKeyboard(document);
installUtcFields(document);
installChoices(document);
installSums(document);
installAwaiting();
installUnread();
installOwnZone();
