# 费用明细的中文文案。写法见 docs/copy.md。
#
# 消息名就是费用代码，消息的值是费用名称，.text 是费用说明。
# “代码--场景”只在该场景（detail、receipt、driver）替换同名消息。

## 金额

money-CNY = { $amount }元
money-USD = { $amount }美元
money = { $amount } { $currency }

## 分组标题

title-fare = 车费
title-fare--driver = 行程收入
title-extra = 附加费
title-extra--driver = 附加收入
title-at-cost = 代收费用
title-cancellation = 取消费
title-discounts = 优惠
title-discounts--driver = 乘客优惠
title-mocked = { $title }（按行程起点和终点估算）

## 说明中反复出现的部分

per-kilometre = { $per_number ->
    [1] 公里
   *[other] { $per }公里
}

per-minute = { $per_number ->
    [1] 分钟
   *[other] { $per }分钟
}

## 文案里没有的费用，也用作多数费用的说明

fee = 其他费用（{ $code }）
    .text = { $unit ->
        [meter] { $quantity }公里 × { $rate }/{ per-kilometre }
        [second] { $quantity }分钟 × { $rate }/{ per-minute }
        [piece] { $quantity } × { $rate }
        [money] { $quantity } × { $percent }%
       *[trip] { "" }
    }

## 里程和时间

one_price = 一口价
start_price = 起步价
mileage = 里程费
    .text = { fee.text }
mileage--driver = 里程收入
duration = 时长费
    .text = { fee.text }
duration--driver = 时长收入
low_speed = 低速费
    .text = { fee.text }
waiting = 等候费
    .text = { fee.text }
long_distance = 远途费
    .text = { fee.text }
night = 夜间费
    .text = { fee.text }

## 附加

booking = 预约费
airport = 机场服务费
cross_city = 跨城费
    .text = { fee.text }
remote = 偏远地区费
    .text = { fee.text }
energy = 能源费
    .text = { fee.text }
fuel = 燃油附加费
    .text = { fee.text }
dynamic = 动态调价
    .text = { $unit ->
        [money] { $quantity } × { $percent }%（{ $factor }倍）
       *[trip] { fee.text }
    }
minimum = 最低消费补足
    .text = 补足到最低消费
maximum = 封顶减免
    .text = 减免到封顶价

## 代收和税

tolls = 路桥费
bridge = 过桥费
highway = 高速费
parking = 停车费
tax = 税费
    .text = { fee.text }

## 取消

cancellation = 取消费
    .text = { fee.text }

## 优惠

coupon = 优惠券
    .text = { $unit ->
        [money] { $quantity } × { $percent }%，{ $reference }
       *[trip] { $reference }
    }
red_packet = 红包
    .text = { $reference }
