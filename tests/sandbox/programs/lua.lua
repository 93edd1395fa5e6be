local mode, a, b = io.read("l"):match("(%a+) ?(%d*) ?(%d*)")

local function crash()
  error("gone")
end

if mode == "sum" then print(math.tointeger(a + b)) end
if mode == "crash" then crash() end
if mode == "loop" then while true do end end
if mode == "hog" then local kept = {} while true do kept[#kept + 1] = ("x"):rep(1 << 20) .. #kept end end
if mode == "flood" then while true do io.write(("x"):rep(65536)) end end
if mode == "both" then print(io.popen("printf 4"):read("a") .. "2") end
